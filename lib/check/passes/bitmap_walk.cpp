#include "check/passes/bitmap_walk.h"

#include <algorithm>

namespace vde {

BitmapWalk::BitmapWalk(const BlockIo& io, BlockRange region, uint64_t total_blocks)
    : io_(io),
      region_(region),
      total_blocks_(total_blocks),
      bits_(bits_per_bitmap_block(io.block_size())),
      at_(region.begin),
      buffer_(io.make_buffer()) {
  // Blocks after the last one that is needed hold no bits of the volume.
  const uint64_t needed = bitmap_blocks_for(total_blocks, io.block_size());
  region_.end = std::min(region.end, region.begin + needed);
}

Result<std::optional<BitmapWalk::Block>> BitmapWalk::next() {
  if (at_ * io_.block_size() >= data_.end) {
    VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of({at_, region_.end})));
    if (data.empty()) return std::optional<Block>{};
    data_ = data;
    at_ = std::max(at_, data.begin / io_.block_size());
  }
  const uint64_t number = at_++;
  const uint64_t first_bit = (number - region_.begin) * bits_;
  Block block{{}, {first_bit, std::min(first_bit + bits_, total_blocks_)}};
  const auto read = io_.read(number, buffer_);
  if (read && read->is_unwritten()) {
    block.payload = read->unchecked_payload();
  } else if (read) {
    const auto checked = read->check(block_types::kBitmap);
    if (checked) block.payload = checked->payload();
  }
  return std::optional<Block>(block);
}

}  // namespace vde
