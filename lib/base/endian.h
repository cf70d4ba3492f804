// Little-endian loads and stores at a byte offset of a span. The caller has checked that the bytes
// are there; the check is repeated by the standard library's assertions in debug builds.
#pragma once

#include <concepts>
#include <cstring>

#include "vde/bytes.h"

namespace vde {

template <std::integral T>
[[nodiscard]] constexpr T load_le(Bytes bytes, size_t offset) {
  using U = std::make_unsigned_t<T>;
  const Bytes source = bytes.subspan(offset, sizeof(T));
  U value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<U>(value | (U{source[i]} << (8 * i)));
  return static_cast<T>(value);
}

template <std::integral T>
constexpr void store_le(MutableBytes bytes, size_t offset, T value) {
  using U = std::make_unsigned_t<T>;
  const MutableBytes target = bytes.subspan(offset, sizeof(T));
  for (size_t i = 0; i < sizeof(T); ++i)
    target[i] = static_cast<uint8_t>(static_cast<U>(value) >> (8 * i));
}

// True if every byte is zero.
[[nodiscard]] inline bool all_zero(Bytes bytes) {
  if (bytes.empty()) return true;
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace vde
