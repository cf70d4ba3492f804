// A 16-byte identifier in .NET byte order: the first three fields (4, 2 and 2 bytes) are
// little-endian on disk, the last 8 bytes are stored in text order.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "vde/bytes.h"

namespace vde {

struct Guid {
  std::array<uint8_t, 16> bytes{};  // as stored on disk

  [[nodiscard]] bool is_zero() const { return *this == Guid{}; }
  bool operator==(const Guid&) const = default;
  // clang-tidy takes the 0 in rewritten comparisons for a null pointer.
  auto operator<=>(const Guid&) const = default;  // NOLINT(modernize-use-nullptr)
};

// "00112233-4455-6677-8899-aabbccddeeff", lower case.
[[nodiscard]] std::string to_string(const Guid& guid);

// Parses the form that to_string() writes, in either case, with or without braces.
[[nodiscard]] std::optional<Guid> parse_guid(std::string_view text);

// Returns `guid` with the version and variant bits of UUID version 8 (custom content).
[[nodiscard]] Guid as_version_8(Guid guid);

// A random version 4 identifier from the kernel's random number generator.
[[nodiscard]] Guid random_guid();

}  // namespace vde
