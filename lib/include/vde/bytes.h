// Views of bytes and ranges. A span never owns its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vde {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// A half-open range of byte offsets in a file: [begin, end).
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  [[nodiscard]] bool empty() const { return begin >= end; }
  [[nodiscard]] uint64_t length() const { return empty() ? 0 : end - begin; }
  bool operator==(const ByteRange&) const = default;
};

// A half-open range of block numbers: [begin, end).
struct BlockRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  [[nodiscard]] bool empty() const { return begin >= end; }
  [[nodiscard]] uint64_t count() const { return empty() ? 0 : end - begin; }
  [[nodiscard]] bool contains(uint64_t block) const { return block >= begin && block < end; }
  bool operator==(const BlockRange&) const = default;
};

}  // namespace vde
