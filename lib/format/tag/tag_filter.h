// The larger Bloom filter of a tag index: one line of 64 bytes per key, with six bits set in it.
// Its lines are in blocks of the region whose first 64 bytes are zero, which the SDK reads as inner
// nodes without keys.
#pragma once

#include "format/block.h"

namespace vde {

inline constexpr size_t kTagLineSize = 64;  // bytes
inline constexpr uint32_t kTagLineProbes = 6;
inline constexpr uint64_t kTagFilterBitsPerKey = 12;

// The number of lines in one block; block `line / n` of the filter holds line `line`.
[[nodiscard]] constexpr uint32_t tag_lines_per_block(uint32_t block_size) {
  return payload_size(block_size) / static_cast<uint32_t>(kTagLineSize) - 1;
}
// The offset in a filter block of its line `index`.
[[nodiscard]] constexpr size_t tag_line_offset(uint64_t index) {
  return (static_cast<size_t>(index) + 1) * kTagLineSize;
}
// The number of lines for this many keys, at least one. The caller must bound the keys.
[[nodiscard]] constexpr uint64_t tag_filter_lines(uint64_t keys) {
  constexpr uint64_t kBits = kTagLineSize * 8;
  return keys == 0 ? 1 : (keys * kTagFilterBitsPerKey + kBits - 1) / kBits;
}

// The line of a key with this hash (tag_key_hash).
[[nodiscard]] constexpr uint64_t tag_line_of(uint64_t hash, uint32_t lines) {
  return (hash & 0xFFFFFFFF) * lines >> 32;
}

// False only if no key with this hash was inserted into `line` (64 bytes).
[[nodiscard]] bool tag_line_may_contain(Bytes line, uint64_t hash);
void tag_line_insert(MutableBytes line, uint64_t hash);

}  // namespace vde
