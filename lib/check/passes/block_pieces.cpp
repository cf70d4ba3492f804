#include "check/passes/block_pieces.h"

#include <algorithm>
#include <bit>

namespace vde {

uint64_t mapped_at_once(unsigned threads) {
  constexpr uint64_t kMappedByAll = uint64_t{32} << 20;
  constexpr uint64_t kLeast = uint64_t{2} << 20;
  constexpr uint64_t kMost = uint64_t{16} << 20;
  return std::clamp<uint64_t>(std::bit_floor(kMappedByAll / threads), kLeast, kMost);
}

PieceSource::PieceSource(VerifyContext& context) : context_(context) {
  for (const PlacedRegion& region : context.regions)
    if (!region.is_data_area) other_regions_.push_back(region.blocks);
  std::sort(other_regions_.begin(), other_regions_.end(),
            [](const BlockRange& a, const BlockRange& b) { return a.begin < b.begin; });
  data_ = data_region(context.probe);
}

PlacedRegion data_region(const Probe& probe) {
  const auto slot = probe.data_area();
  const uint64_t end = std::max(probe.usable_blocks(), kFirstRegionBlock);
  return {slot.value_or(probe.slots.size()),
          block_types::kData,
          {kFirstRegionBlock, end},
          true,
          block_types::kData};
}

Result<std::optional<Piece>> PieceSource::next(uint64_t most) {
  while (stretch_.empty()) {
    VDE_TRY_ASSIGN(found, next_stretch());
    if (found) continue;
    if (bitmap_) {
      VDE_TRY_ASSIGN(more, next_allocated_run());
      if (more) continue;
      bitmap_.reset();
    }
    if (!start_region()) return std::optional<Piece>{};
  }
  const uint64_t max = std::max<uint64_t>(1, most / context_.io.block_size());
  const uint64_t end = std::min(stretch_.end, (stretch_.begin / max + 1) * max);
  Piece piece{next_index_++, region_, {stretch_.begin, end}};
  stretch_.begin = piece.blocks.end;
  return std::optional<Piece>(piece);
}

// Moves to the next region whose blocks are checked here; false after the last.
bool PieceSource::start_region() {
  while (next_region_ < context_.regions.size()) {
    region_ = &context_.regions[next_region_++];
    if (is_fixed(region_->type)) continue;
    if (is_journal(region_->type)) {
      todo_ = {{region_->blocks.begin, region_->blocks.begin + 1}};
      return true;
    }
    if (region_->is_data_area) continue;
    todo_ = {region_->blocks};
    return true;
  }
  return start_data();
}

bool PieceSource::start_data() {
  const PlacedRegion* bitmap = context_.find(block_types::kBitmap);
  if (data_started_ || context_.options.scope == VerifyScope::kMetadata || bitmap == nullptr)
    return false;
  data_started_ = true;
  region_ = &data_;
  bitmap_.emplace(context_.io, bitmap->blocks, data_.blocks.end);
  bitmap_block_ = {};
  bitmap_at_ = 0;
  return true;
}

// Removes the next stretch without holes from todo_.
Result<bool> PieceSource::next_stretch() {
  const uint64_t block_size = context_.io.block_size();
  while (!todo_.empty()) {
    BlockRange& range = todo_.back();
    if (range.empty()) {
      todo_.pop_back();
      continue;
    }
    VDE_TRY_ASSIGN(data, context_.io.file().next_data(context_.io.bytes_of(range)));
    if (data.empty()) {
      todo_.pop_back();
      continue;
    }
    stretch_ = {data.begin / block_size, (data.end + block_size - 1) / block_size};
    range.begin = stretch_.end;
    return true;
  }
  return false;
}

// Adds the next allocated blocks outside regions to todo_.
Result<bool> PieceSource::next_allocated_run() {
  for (;;) {
    const BlockRange covers = bitmap_block_.covers;
    bitmap_at_ = std::max(bitmap_at_, region_->blocks.begin);
    if (!bitmap_block_.payload.empty() && bitmap_at_ < covers.end) {
      const uint64_t base = covers.begin;
      const uint64_t begin =
          find_bit(bitmap_block_.payload, bitmap_at_ - base, covers.count(), true);
      const uint64_t end = find_bit(bitmap_block_.payload, begin, covers.count(), false);
      bitmap_at_ = base + end;
      if (begin == end) continue;
      cut_other_regions({base + begin, base + end});
      return true;
    }
    VDE_TRY_ASSIGN(block, bitmap_->next());
    if (!block) return false;
    bitmap_block_ = *block;
    bitmap_at_ = block->covers.begin;
  }
}

// Adds the parts of `run` outside the other regions to todo_, last part first.
void PieceSource::cut_other_regions(BlockRange run) {
  for (const BlockRange& other : other_regions_) {
    if (other.end <= run.begin) continue;
    if (other.begin >= run.end) break;
    if (run.begin < other.begin) todo_.push_back({run.begin, other.begin});
    run.begin = std::max(run.begin, other.end);
  }
  if (!run.empty()) todo_.push_back(run);
  std::reverse(todo_.begin(), todo_.end());
}

}  // namespace vde
