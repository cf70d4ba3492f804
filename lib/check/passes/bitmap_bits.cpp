#include "check/passes/bitmap_bits.h"

#include <algorithm>

#include "format/region/bitmap.h"

namespace vde {

BitmapBits::BitmapBits(VerifyContext& context)
    : io_(context.io),
      region_(context.find(block_types::kBitmap)),
      bits_(bits_per_bitmap_block(context.io.block_size())),
      buffer_(context.io.make_buffer()) {}

uint64_t BitmapBits::count_free(BlockRange blocks) {
  uint64_t free = 0;
  while (!blocks.empty()) {
    const uint64_t base = blocks.begin / bits_ * bits_;
    const uint64_t end = std::min(blocks.end, base + bits_);
    if (load(blocks.begin / bits_))
      free += end - blocks.begin - count_bits(payload_, blocks.begin - base, end - base);
    blocks.begin = end;
  }
  return free;
}

bool BitmapBits::is_allocated(uint64_t block) {
  return load(block / bits_) && test_bit(payload_, block % bits_);
}

bool BitmapBits::load(uint64_t index) {
  if (held_ == index) return !payload_.empty();
  held_ = index;
  payload_ = {};
  if (region_ == nullptr || index >= region_->blocks.count()) return false;
  const auto block = io_.read(region_->blocks.begin + index, buffer_);
  if (!block) return false;
  if (block->is_unwritten() || block->check(block_types::kBitmap))
    payload_ = block->unchecked_payload();
  return !payload_.empty();
}

}  // namespace vde
