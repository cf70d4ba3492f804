// Little-endian numbers in fields whose width is known only at run time.
#pragma once

#include <bit>
#include <limits>

#include "vde/bytes.h"

namespace vde {

// At most 8 bytes; later bytes are ignored.
[[nodiscard]] inline uint64_t load_unsigned(Bytes bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 8; ++i) value |= uint64_t{bytes[i]} << (8 * i);
  return value;
}

// 1 to 8 bytes in two's complement; later bytes are ignored.
[[nodiscard]] inline int64_t load_signed(Bytes bytes) {
  const size_t unused = bytes.size() < 8 ? 64 - 8 * bytes.size() : 0;
  return static_cast<int64_t>(load_unsigned(bytes) << unused) >> unused;
}

// A real number of 4 or 8 bytes.
[[nodiscard]] inline double load_real(Bytes bytes) {
  static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);
  const uint64_t bits = load_unsigned(bytes);
  if (bytes.size() == sizeof(float))
    return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return std::bit_cast<double>(bits);
}

}  // namespace vde
