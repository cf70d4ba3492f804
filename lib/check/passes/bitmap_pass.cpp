// Compares the allocation bitmap with the regions and with the superblock's counts.
#include <fmt/format.h>

#include <algorithm>

#include "base/endian.h"
#include "check/passes.h"
#include "check/passes/bitmap_walk.h"

namespace vde {
namespace {

// The volume's metadata as disjoint, ascending ranges: all regions except the data area, and the
// fixed blocks, clipped to the volume.
std::vector<BlockRange> metadata_ranges(const VerifyContext& context, uint64_t total_blocks) {
  std::vector<BlockRange> ranges = {{0, kFirstRegionBlock}};
  for (const PlacedRegion& region : context.regions)
    if (!region.is_data_area) ranges.push_back(region.blocks);
  return merge_ranges(std::move(ranges), total_blocks);
}

// The number of blocks of `ranges` that a bitmap block marks as allocated.
uint64_t count_in(const BitmapWalk::Block& block, const std::vector<BlockRange>& ranges) {
  uint64_t count = 0;
  for (const BlockRange& range : ranges) {
    const uint64_t begin = std::max(range.begin, block.covers.begin);
    const uint64_t end = std::min(range.end, block.covers.end);
    if (begin < end)
      count += count_bits(block.payload, begin - block.covers.begin, end - block.covers.begin);
  }
  return count;
}

struct BitCounts {
  uint64_t allocated = 0;          // set bits within the volume
  uint64_t allocated_regions = 0;  // of these, in regions
  uint64_t referenced = 0;         // of these, outside regions and referred to
  bool past_end = false;           // a bit past the volume's last block is set
  bool complete = true;            // no bitmap block was damaged
};

Result<BitCounts> count_bitmap(VerifyContext& context, const PlacedRegion& region,
                               uint64_t total_blocks, const std::vector<BlockRange>& metadata) {
  BitCounts counts;
  const std::vector<BlockRange> referenced = context.references.merged(total_blocks, metadata);
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
    counts.allocated_regions += count_in(*block, metadata);
    counts.referenced += count_in(*block, referenced);
    const uint64_t bits = uint64_t{block->payload.size()} * 8;
    if (find_bit(block->payload, covers.count(), bits, true) != bits) counts.past_end = true;
  }
}

void compare_counts(VerifyContext& context, const BitCounts& counts, uint64_t metadata_blocks) {
  const Superblock& superblock = context.probe.superblock;
  const uint64_t at = context.probe.superblock_block;
  const auto allocated =
      static_cast<int64_t>(counts.allocated - counts.allocated_regions + metadata_blocks);
  const int64_t free = superblock.total_blocks - allocated;
  if (superblock.free_blocks != free)
    context.report.add(
        FindingCode::kFreeCountWrong, at, block_types::kSuperblock,
        fmt::format("superblock {}, bitmap and regions {}", superblock.free_blocks, free));
  // The exporter does not count the fixed blocks; is_exported() compared its count with that.
  const int64_t counted = context.exported ? allocated - int64_t{kFirstRegionBlock} : allocated;
  if (superblock.total_allocated_blocks != counted)
    context.report.add(FindingCode::kAllocatedCountWrong, at, block_types::kSuperblock,
                       fmt::format("superblock {}, bitmap and regions {}",
                                   superblock.total_allocated_blocks, allocated));
}

// Other structures hold no block addresses, or the format does not define them.
bool may_refer(BlockType type) {
  return type == block_types::kInodes || type == block_types::kTagIndex ||
         type == block_types::kQueryIndex || type == block_types::kSnapshots ||
         type == block_types::kCode || type == block_types::kDictionaries;
}

// Whether a region whose references are unknown has none because it is empty.
bool is_empty_region(const VerifyContext& context, const PlacedRegion& region) {
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read(region.blocks.begin, buffer);
  if (!block) return false;
  if (block->is_unwritten()) return true;
  const auto checked = block->check(region.type);
  if (!checked) return false;
  // The tag index and the tables begin with the number of their entries.
  return load_le<int32_t>(checked->payload(), 0) == 0;
}

// Reports allocated blocks without a reference, if all references are known. In a damaged image the
// references may be lost, so nothing is reported.
void report_leaks(VerifyContext& context, const BitCounts& counts) {
  if (context.report.summary().errors > 0) return;
  for (const PlacedRegion& region : context.regions) {
    if (!may_refer(region.type) || context.references.knows(region.type)) continue;
    if (region.type == block_types::kInodes || !is_empty_region(context, region)) return;
  }
  const uint64_t leaked = counts.allocated - counts.allocated_regions - counts.referenced;
  if (leaked > 0)
    context.report.add(FindingCode::kBlocksLeaked, std::nullopt, block_types::kBitmap,
                       fmt::format("{} {}", leaked, leaked == 1 ? "block" : "blocks"));
}

// Whether the bitmap's first block is all zero, which is invalid because the superblock is
// allocated. Reported here if the block has a valid trailer; the block pass reports one that was
// never written.
bool starts_with_zeros(VerifyContext& context, const PlacedRegion& region) {
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read(region.blocks.begin, buffer);
  if (!block) return false;
  const auto checked = block->check(block_types::kBitmap);
  if (!checked) return block->is_unwritten();
  if (!all_zero(checked->payload())) return false;
  context.report.add(FindingCode::kBitmapHeadZero, region.blocks.begin, block_types::kBitmap,
                     "its first block is all zero");
  return true;
}

}  // namespace

Result<void> check_bitmap(VerifyContext& context) {
  const PlacedRegion* region = context.find(block_types::kBitmap);
  if (region == nullptr) return {};
  if (starts_with_zeros(context, *region)) return {};
  if (!context.probe.superblock_verified()) return {};
  const int64_t total = context.probe.superblock.total_blocks;
  if (total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks))
    return {};
  const auto total_blocks = static_cast<uint64_t>(total);
  const uint64_t needed = bitmap_blocks_for(total_blocks, context.io.block_size());
  const auto slot_count =
      static_cast<uint64_t>(context.probe.slots[region->slot].count);  // placed: not negative
  if (slot_count < needed)
    context.report.add(FindingCode::kBitmapTooSmall, region->blocks.begin, block_types::kBitmap,
                       fmt::format("it has {} of the {} blocks that a volume of {} blocks needs",
                                   slot_count, needed, total_blocks));

  const std::vector<BlockRange> metadata = metadata_ranges(context, total_blocks);
  VDE_TRY_ASSIGN(counts, count_bitmap(context, *region, total_blocks, metadata));
  if (counts.past_end)
    context.report.add(FindingCode::kBitmapPastEnd, region->blocks.begin, block_types::kBitmap,
                       fmt::format("the last block is {}", total_blocks - 1));
  if (!counts.complete) return {};
  uint64_t metadata_blocks = 0;
  for (const BlockRange& range : metadata) metadata_blocks += range.count();
  if (counts.allocated_regions < metadata_blocks)
    context.report.add(FindingCode::kBitmapMissesRegions, std::nullopt, block_types::kBitmap,
                       fmt::format("{} of {} blocks", metadata_blocks - counts.allocated_regions,
                                   metadata_blocks));
  compare_counts(context, counts, metadata_blocks);
  report_leaks(context, counts);
  return {};
}

}  // namespace vde
