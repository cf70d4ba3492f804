// Little-endian loads and stores at a byte offset of a span. The caller must check the bounds;
// debug builds check them again, with the standard library's assertions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstring>

#include "vde/bytes.h"

namespace vde {

// Converts between native and little-endian byte order, in both directions.
template <std::integral T>
[[nodiscard]] constexpr T swap_unless_little(T value) {
  if constexpr (std::endian::native == std::endian::little) return value;
  auto bytes = std::bit_cast<std::array<uint8_t, sizeof(T)>>(value);
  std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

template <std::integral T>
[[nodiscard]] T load_le(Bytes bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.subspan(offset, sizeof(T)).data(), sizeof(T));
  return swap_unless_little(value);
}

template <std::integral T>
void store_le(MutableBytes bytes, size_t offset, T value) {
  const T swapped = swap_unless_little(value);
  std::memcpy(bytes.subspan(offset, sizeof(T)).data(), &swapped, sizeof(T));
}

// True if every byte is zero.
[[nodiscard]] inline bool all_zero(Bytes bytes) {
  if (bytes.empty()) return true;
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// The number of bytes up to the last one that is not zero. To ask at each of many offsets whether
// only zeros follow would take the square of the time.
[[nodiscard]] inline size_t content_size(Bytes bytes) {
  size_t size = bytes.size();
  while (size > 0 && bytes[size - 1] == 0) --size;
  return size;
}

}  // namespace vde
