// Arithmetic on numbers from an image: an overflow is a result, not undefined behavior.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "vde/bytes.h"

namespace vde {

template <std::integral T>
[[nodiscard]] constexpr std::optional<T> checked_add(T a, T b) {
  T result{};
  if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
  return result;
}

template <std::integral T>
[[nodiscard]] constexpr std::optional<T> checked_mul(T a, T b) {
  T result{};
  if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
  return result;
}

[[nodiscard]] constexpr uint64_t divide_up(uint64_t a, uint64_t b) {
  return a / b + (a % b == 0 ? 0 : 1);
}

// The range that a signed start and count from the disk describe; nothing if either is negative or
// their sum overflows.
[[nodiscard]] constexpr std::optional<BlockRange> block_range(int64_t start, int64_t count) {
  if (start < 0 || count < 0) return std::nullopt;
  const auto end = checked_add(start, count);
  if (!end) return std::nullopt;
  return BlockRange{static_cast<uint64_t>(start), static_cast<uint64_t>(*end)};
}

}  // namespace vde
