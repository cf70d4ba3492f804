// The sample images of tests/vectors and tests/vectors2, unpacked, with the listing of each one's
// content.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vde::test {

// Names of all samples of tests/vectors ("tags-1000"), sorted.
[[nodiscard]] std::vector<std::string> vector_names();

// The same for tests/vectors2.
[[nodiscard]] std::vector<std::string> second_vector_names();

// Those of tests/vectors, then those of tests/vectors2.
[[nodiscard]] std::vector<std::string> all_vector_names();

// The unpacked image; a copy that the test may change.
[[nodiscard]] std::vector<uint8_t> vector_image(const std::string& name);

// The listing of a sample; tests/vectors/README.md describes its fields.
[[nodiscard]] nlohmann::json vector_listing(const std::string& name);

}  // namespace vde::test
