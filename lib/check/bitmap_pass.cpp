// The allocation bitmap against the regions and against the superblock's counts.
#include <fmt/format.h>

#include <algorithm>

#include "check/bitmap_walk.h"

namespace vde {
namespace {

// The volume's metadata as disjoint, ascending ranges: all regions but the data area, and the fixed
// blocks, clipped to the volume.
std::vector<BlockRange> metadata_ranges(const VerifyContext& context, uint64_t total_blocks) {
  std::vector<BlockRange> ranges = {{0, kFirstRegionBlock}};
  for (const PlacedRegion& region : context.regions)
    if (!region.is_data_area) ranges.push_back(region.blocks);
  for (BlockRange& range : ranges) range.end = std::min(range.end, total_blocks);
  return merge_ranges(std::move(ranges));
}

struct BitCounts {
  uint64_t allocated = 0;          // ones of the volume
  uint64_t allocated_regions = 0;  // those of them within regions
  bool past_end = false;           // a one behind the volume's last block
  bool complete = true;            // no block was damaged
};

Result<BitCounts> count_bitmap(VerifyContext& context, const PlacedRegion& region,
                               uint64_t total_blocks, const std::vector<BlockRange>& metadata) {
  BitCounts counts;
  BitmapWalk walk(context.io, region.blocks, total_blocks);
  for (;;) {
    if (context.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(block, walk.next());
    if (!block) return counts;
    if (block->payload.empty()) {
      counts.complete = false;
      continue;
    }
    const BlockRange covers = block->covers;
    counts.allocated += count_bits(block->payload, 0, covers.count());
    for (const BlockRange& range : metadata) {
      const uint64_t begin = std::max(range.begin, covers.begin);
      const uint64_t end = std::min(range.end, covers.end);
      if (begin < end)
        counts.allocated_regions +=
            count_bits(block->payload, begin - covers.begin, end - covers.begin);
    }
    const uint64_t bits = uint64_t{block->payload.size()} * 8;
    if (find_bit(block->payload, covers.count(), bits, true) != bits) counts.past_end = true;
  }
}

void compare_counts(VerifyContext& context, const BitCounts& counts, uint64_t metadata_blocks) {
  const Superblock& superblock = context.survey.superblock;
  const uint64_t at = context.survey.superblock_block;
  const auto allocated =
      static_cast<int64_t>(counts.allocated - counts.allocated_regions + metadata_blocks);
  const int64_t free = superblock.total_blocks - allocated;
  if (superblock.free_blocks != free)
    context.report.add(FindingCode::kFreeCountWrong, at, "SUPB",
                       fmt::format("free blocks is {}, bitmap and regions leave {}",
                                   superblock.free_blocks, free));
  if (superblock.total_allocated_blocks != allocated)
    context.report.add(FindingCode::kAllocatedCountWrong, at, "SUPB",
                       fmt::format("allocated blocks is {}, bitmap and regions make {}",
                                   superblock.total_allocated_blocks, allocated));
}

// Whether the bitmap's first block is all zero: it cannot be, the superblock being allocated.
// Reported here where it is sealed; the block pass names one that was never written.
bool starts_with_zeros(VerifyContext& context, const PlacedRegion& region) {
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read(region.blocks.begin, buffer);
  if (!block) return false;
  const auto checked = block->check(tags::kBitmap);
  if (!checked) return block->state() == BlockState::kUnwritten;
  if (!all_zero(checked->payload())) return false;
  context.report.add(FindingCode::kBitmapHeadZero, region.blocks.begin, "BMAP",
                     "the first bitmap block is all zero");
  return true;
}

}  // namespace

Result<void> check_bitmap(VerifyContext& context) {
  const PlacedRegion* region = context.find(tags::kBitmap);
  if (region == nullptr) return {};
  if (starts_with_zeros(context, *region)) return {};
  if (!context.survey.superblock_verified()) return {};
  const int64_t total = context.survey.superblock.total_blocks;
  if (total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks))
    return {};
  const auto total_blocks = static_cast<uint64_t>(total);
  const uint64_t needed = bitmap_blocks_for(total_blocks, context.io.block_size());
  const auto slot_count =
      static_cast<uint64_t>(context.survey.slots[region->slot].count);  // placed: not negative
  if (slot_count < needed)
    context.report.add(FindingCode::kBitmapTooSmall, region->blocks.begin, "BMAP",
                       fmt::format("{} blocks hold the bits, {} are needed for {} blocks",
                                   slot_count, needed, total_blocks));

  const std::vector<BlockRange> metadata = metadata_ranges(context, total_blocks);
  VDE_TRY_ASSIGN(counts, count_bitmap(context, *region, total_blocks, metadata));
  if (counts.past_end)
    context.report.add(FindingCode::kBitmapPastEnd, region->blocks.begin, "BMAP",
                       fmt::format("bits are set for blocks past {}", total_blocks - 1));
  if (!counts.complete) return {};
  uint64_t metadata_blocks = 0;
  for (const BlockRange& range : metadata) metadata_blocks += range.count();
  if (counts.allocated_regions < metadata_blocks)
    context.report.add(FindingCode::kBitmapMissesRegions, std::nullopt, "BMAP",
                       fmt::format("{} blocks of regions are marked free",
                                   metadata_blocks - counts.allocated_regions));
  compare_counts(context, counts, metadata_blocks);
  return {};
}

}  // namespace vde
