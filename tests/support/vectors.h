// The sample images of tests/vectors, unpacked, each with the listing of what it holds.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vde::test {

// Names of all samples ("tags-1000"), sorted.
[[nodiscard]] std::vector<std::string> vector_names();

// The unpacked image; a copy that the test may change.
[[nodiscard]] std::vector<uint8_t> vector_image(const std::string& name);

// The listing beside it; tests/vectors/README.md says what its fields mean.
[[nodiscard]] nlohmann::json vector_listing(const std::string& name);

// The same for tests/vectors2: samples of regions that the first set does not have.
[[nodiscard]] std::vector<std::string> second_vector_names();
[[nodiscard]] std::vector<uint8_t> second_vector_image(const std::string& name);
[[nodiscard]] nlohmann::json second_vector_listing(const std::string& name);

}  // namespace vde::test
