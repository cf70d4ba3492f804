// The sample images of tests/vectors and tests/vectors2, unpacked, each with the listing of what it
// holds.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vde::test {

// Names of all samples of tests/vectors ("tags-1000"), sorted.
[[nodiscard]] std::vector<std::string> vector_names();

// The unpacked image; a copy that the test may change.
[[nodiscard]] std::vector<uint8_t> vector_image(const std::string& name);

// The listing beside it; the README.md there says what its fields mean.
[[nodiscard]] nlohmann::json vector_listing(const std::string& name);

}  // namespace vde::test
