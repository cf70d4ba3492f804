#include "check/exact/module_proof.h"

#include <algorithm>

#include "check/exact/exact_rule.h"
#include "check/written_blocks.h"
#include "region/module_blocks.h"
#include "table/module_table.h"

namespace vde {
namespace {

bool owns_any(BlockRange extent, const std::vector<uint64_t>& restored) {
  const auto first = std::ranges::lower_bound(restored, extent.begin);
  return first != restored.end() && *first < extent.end;
}

// The modules of one block of the table that own a restored block.
Result<void> judge_entries(const BlockIo& io, Bytes payload, bool first, uint64_t total,
                           const std::vector<uint64_t>& restored, Activity& activity,
                           std::vector<BlockRange>& wrong) {
  const auto entries = decode_module_block(payload, first, INT32_MAX);
  if (!entries) return {};
  for (const ModuleEntry& entry : *entries) {
    const auto extent = module_extent(entry, total, io.block_size());
    if (!extent || !owns_any(*extent, restored)) continue;
    VDE_TRY_ASSIGN(matches, matches_hash(io, entry, *extent, activity));
    if (matches == false && !is_switched_off(ExactRule::kModuleHash)) wrong.push_back(*extent);
  }
  return {};
}

}  // namespace

Result<std::vector<BlockRange>> find_wrong_modules(BlockFile& file, const Probe& probe,
                                                   const std::vector<uint64_t>& restored,
                                                   Activity& activity) {
  std::vector<BlockRange> wrong;
  const BlockIo io(file, probe.block_size);
  for (const PlacedRegion& region : place_regions(probe)) {
    if (region.type != block_types::kCode || !probe.slots[region.slot].is_plain()) continue;
    const auto judge = [&](const UncheckedBlock& block) -> Result<void> {
      const auto checked = block.check(block_types::kCode);
      if (!checked) return {};
      return judge_entries(io, checked->payload(), block.number() == region.blocks.begin,
                           probe.usable_blocks(), restored, activity, wrong);
    };
    VDE_TRY(each_written_block(io, region.blocks, activity, judge));
  }
  return wrong;
}

}  // namespace vde
