#include "rescue/stray_blocks.h"

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"
#include "io/block_window.h"

namespace vde {

std::vector<BlockRange> places_of_regions(const Probe& image) {
  std::vector<BlockRange> places;
  for (const RegionSlot& slot : image.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (!slot.is_free() && range && slot.type != block_types::kData &&
        slot.type != block_types::kMetadataWal)
      places.push_back(*range);
  }
  return merge_ranges(std::move(places), UINT64_MAX);
}

Result<std::vector<StrayBlock>> find_stray_blocks(const BlockIo& io, const BlockRuns& found,
                                                  const std::vector<BlockRange>& regions,
                                                  BlockType type, const Activity& activity) {
  std::vector<BlockRange> blocks;
  for (const BlockRun& run : found.runs)
    if (run.type == type) blocks.push_back(run.blocks);
  std::vector<StrayBlock> strays;
  for (const BlockRange& range : subtract(blocks, regions)) {
    BlockWindow window(io, range);
    for (uint64_t number = range.begin; number < range.end; ++number) {
      if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(block, window.read(number));
      if (block.check(type)) strays.push_back({number, block.unchecked_trailer().generation});
    }
  }
  // Generations wrap: they are compared by how long they are before the latest one. Of one
  // generation the later block first, so that the order is the same in every run.
  uint32_t newest = strays.empty() ? 0 : strays.front().generation;
  for (const StrayBlock& stray : strays)
    if (is_later_generation(stray.generation, newest)) newest = stray.generation;
  std::ranges::sort(strays, [&](const StrayBlock& one, const StrayBlock& other) {
    return std::pair(newest - one.generation, other.number) <
           std::pair(newest - other.generation, one.number);
  });
  return strays;
}

Result<bool> has_valid_block(const BlockIo& io, const BlockRuns& found, BlockRange blocks,
                             BlockType type) {
  BlockBuffer buffer = io.make_buffer();
  for (const BlockRun& run : found.runs) {
    if (run.type != type) continue;
    const uint64_t end = std::min(run.blocks.end, blocks.end);
    for (uint64_t number = std::max(run.blocks.begin, blocks.begin); number < end; ++number)
      if (io.read_checked(number, type, buffer)) return true;
  }
  return false;
}

}  // namespace vde
