#include "check/repair/repair_facts.h"

#include "check/repair/repair_base.h"

namespace vde {
namespace {

struct RegionNeed {
  BlockType region;
  RepairNeed need;
};

// Regions whose damaged blocks can be made again, because their content follows from others, or
// given up.
constexpr RegionNeed kRegionNeeds[] = {
    {block_types::kBitmap, RepairNeed::kBitmap},
    {block_types::kMetadataWal, RepairNeed::kJournal},
    {block_types::kTagIndex, RepairNeed::kTagTree},
    {block_types::kInodes, RepairNeed::kInodeLayout},
    {block_types::kSnapshots, RepairNeed::kSnapshotBlocks},
    {block_types::kCode, RepairNeed::kModuleBlocks},
};

RepairNeed need_of_region(std::optional<BlockType> region) {
  for (const RegionNeed& row : kRegionNeeds)
    if (row.region == region) return row.need;
  return RepairNeed::kNever;
}

}  // namespace

RepairFacts find_repair_facts(BlockFile& file) {
  RepairFacts facts;
  const auto probe = probe_to_judge(file);
  if (!probe) return facts;
  OverlayFile view(file, probe->block_size);
  const Activity activity;
  const RepairOptions options{probe->superblock.modified, false, {}};
  RepairLog log;
  // What fails here is damage that cannot be repaired: the facts so far hold.
  static_cast<void>(try_out({view, options, activity, log}, facts));
  return facts;
}

bool can_repair(const RepairFacts& facts, FindingCode code, std::optional<BlockType> region) {
  const RepairNeed need = need_of(code);
  return facts.has(need == RepairNeed::kRegionOf ? need_of_region(region) : need);
}

}  // namespace vde
