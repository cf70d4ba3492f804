// The allocation bitmap (BMAP): one bit per block, bit n % 8 of byte n / 8, 1 = allocated. Bit
// numbers here are relative to the payload of one bitmap block.
#pragma once

#include "format/block.h"

namespace vde {

[[nodiscard]] constexpr uint64_t bits_per_bitmap_block(uint32_t block_size) {
  return uint64_t{payload_size(block_size)} * 8;
}

[[nodiscard]] constexpr uint64_t bitmap_blocks_for(uint64_t total_blocks, uint32_t block_size) {
  const uint64_t bits = bits_per_bitmap_block(block_size);
  return total_blocks / bits + (total_blocks % bits == 0 ? 0 : 1);
}

[[nodiscard]] inline bool test_bit(Bytes payload, uint64_t bit) {
  return (payload[bit / 8] >> (bit % 8) & 1) != 0;
}

// Sets bits [begin, end) to one, or to zero.
void set_bits(MutableBytes payload, uint64_t begin, uint64_t end);
void clear_bits(MutableBytes payload, uint64_t begin, uint64_t end);

// The number of ones among bits [begin, end).
[[nodiscard]] uint64_t count_bits(Bytes payload, uint64_t begin, uint64_t end);

// The first bit in [begin, end) that equals `value`; `end` if there is none.
[[nodiscard]] uint64_t find_bit(Bytes payload, uint64_t begin, uint64_t end, bool value);

}  // namespace vde
