#include "map/bitmap_view.h"

#include <algorithm>

#include "format/region/bitmap.h"

namespace vde {

BitmapView::BitmapView(const BlockIo& io, BlockRange region)
    : io_(io),
      region_(region),
      per_block_(bits_per_bitmap_block(io.block_size())),
      buffer_(io.make_buffer()) {
  if (region_.empty()) return;
  const Part first = read_part(0);
  // A damaged block says nothing about the others.
  if (!first.bits.empty() && !test_bit(first.bits, 0)) region_ = {};
}

BitmapView::Part BitmapView::read_part(uint64_t index) {
  Part part{{index * per_block_, (index + 1) * per_block_}, {}, BlockUse::kUnknown};
  const auto block = io_.read(region_.begin + index, buffer_);
  if (block && (block->is_unwritten() || block->check(block_types::kBitmap)))
    part.bits = block->unchecked_payload();
  return part;
}

Result<void> BitmapView::load(uint64_t block) {
  if (part_.covers.contains(block)) return {};
  const uint64_t index = block / per_block_;
  if (index >= region_.count()) {
    part_ = {{index * per_block_, UINT64_MAX}, {}, BlockUse::kUnknown};
    return {};
  }
  const uint64_t at = (region_.begin + index) * io_.block_size();
  if (at >= data_.end) {
    VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of({region_.begin + index, region_.end})));
    data_ = data;
  }
  const uint64_t next =
      data_.empty() ? region_.end : std::max(data_.begin / io_.block_size(), region_.begin);
  if (next > region_.begin + index)
    part_ = {{index * per_block_, (next - region_.begin) * per_block_}, {}, BlockUse::kFree};
  else
    part_ = read_part(index);
  return {};
}

Result<BlockUse> BitmapView::use_of(uint64_t block, uint64_t& end) {
  VDE_TRY(load(block));
  end = std::min(end, part_.covers.end);
  if (part_.bits.empty()) return part_.use;
  const uint64_t from = part_.covers.begin;
  const bool allocated = test_bit(part_.bits, block - from);
  end = from + find_bit(part_.bits, block - from, end - from, !allocated);
  return allocated ? BlockUse::kAllocated : BlockUse::kFree;
}

Result<BitmapView::Count> BitmapView::count(BlockRange blocks) {
  Count count;
  while (!blocks.empty()) {
    VDE_TRY(load(blocks.begin));
    const uint64_t end = std::min(blocks.end, part_.covers.end);
    const uint64_t number = end - blocks.begin;
    const uint64_t from = part_.covers.begin;
    if (part_.bits.empty()) {
      (part_.use == BlockUse::kFree ? count.free : count.unknown) += number;
    } else {
      const uint64_t set = count_bits(part_.bits, blocks.begin - from, end - from);
      count.allocated += set;
      count.free += number - set;
    }
    blocks.begin = end;
  }
  return count;
}

}  // namespace vde
