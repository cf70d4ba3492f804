#include "check/exact/copied_blocks.h"

#include <algorithm>
#include <array>

#include "check/exact/exact_rule.h"
#include "check/written_blocks.h"

namespace vde {
namespace {

// In these regions no two blocks hold the same: entries and keys occur once. Blocks of a bitmap may
// well be equal.
constexpr std::array kUniqueBlocks = {block_types::kTagIndex, block_types::kSnapshots,
                                      block_types::kCode, block_types::kDictionaries};

// Restored blocks of one region, by the checksums of their payloads.
using Restored = std::multimap<uint64_t, uint64_t>;

Result<Restored> restored_in(const BlockIo& io, BlockRange region,
                             const std::vector<uint64_t>& restored) {
  Restored found;
  BlockBuffer buffer = io.make_buffer();
  for (auto at = std::ranges::lower_bound(restored, region.begin);
       at != restored.end() && *at < region.end; ++at) {
    VDE_TRY_ASSIGN(block, io.read(*at, buffer));
    if (!all_zero(block.unchecked_payload()))
      found.emplace(block.unchecked_trailer().checksum, *at);
  }
  return found;
}

Result<void> compare(const BlockIo& io, BlockRange region, const Restored& restored,
                     const Activity& activity, std::set<uint64_t>& copied) {
  const auto judge = [&](const UncheckedBlock& block) -> Result<void> {
    const auto [first, last] = restored.equal_range(block.unchecked_trailer().checksum);
    if (first == last || block.state() != BlockState::kValid) return {};
    for (auto same = first; same != last; ++same)
      if (same->second != block.number()) copied.insert(same->second);
    return {};
  };
  return each_written_block(io, region, activity, judge);
}

}  // namespace

bool has_unique_blocks(BlockType type) {
  return std::ranges::find(kUniqueBlocks, type) != kUniqueBlocks.end();
}

Result<std::set<uint64_t>> find_copied_blocks(BlockFile& file, const Probe& probe,
                                              const std::vector<uint64_t>& restored,
                                              const Activity& activity) {
  std::set<uint64_t> copied;
  if (is_switched_off(ExactRule::kNoCopy)) return copied;
  const BlockIo io(file, probe.block_size);
  for (const PlacedRegion& region : place_regions(probe)) {
    if (region.is_data_area || !has_unique_blocks(region.type)) continue;
    VDE_TRY_ASSIGN(here, restored_in(io, region.blocks, restored));
    if (!here.empty()) VDE_TRY(compare(io, region.blocks, here, activity, copied));
  }
  return copied;
}

}  // namespace vde
