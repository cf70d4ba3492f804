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

inline constexpr unsigned kTagLineProbeBits = 9;  // a line has 512 bits

// Six numbers of kTagLineProbeBits, lowest first: the bits of a line that a key with this hash
// sets. The low half of the hash selects the line; the whole hash is spread over the six.
[[nodiscard]] constexpr uint64_t tag_line_probes(uint64_t hash) {
  constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;
  const uint64_t mixed = (hash ^ hash >> 32) * kSpread;
  return mixed ^ mixed >> 29;
}

// False only if no key with this hash was inserted into `line` (64 bytes). Inline, because checks
// ask for every key of an index.
[[nodiscard]] inline bool tag_line_may_contain(Bytes line, uint64_t hash) {
  uint64_t probes = tag_line_probes(hash);
  unsigned hit = 1;
  for (uint32_t i = 0; i < kTagLineProbes; ++i, probes >>= kTagLineProbeBits)
    hit &= static_cast<unsigned>(line[probes >> 3 & 63]) >> (probes & 7);
  return (hit & 1) != 0;
}
inline void tag_line_insert(MutableBytes line, uint64_t hash) {
  uint64_t probes = tag_line_probes(hash);
  for (uint32_t i = 0; i < kTagLineProbes; ++i, probes >>= kTagLineProbeBits) {
    uint8_t& byte = line[probes >> 3 & 63];
    byte = static_cast<uint8_t>(byte | 1U << (probes & 7));
  }
}

}  // namespace vde
