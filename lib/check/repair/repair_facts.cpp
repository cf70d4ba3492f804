#include "check/repair/repair_facts.h"

#include "check/exact/exact_run.h"
#include "check/repair/repair_base.h"

namespace vde {
namespace {

struct RegionNeed {
  BlockType region;
  RepairNeed need;
};

// Regions whose damaged blocks can be rebuilt from other structures, or dropped.
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

RepairFacts find_repair_facts(BlockFile& file, ExactSearch* search) {
  RepairFacts facts;
  const auto probe = probe_to_judge(file);
  if (!probe) return facts;
  OverlayFile view(file, probe->block_size);
  Activity activity;
  RepairOptions options{probe->superblock.modified, false, {}};
  options.allow_loss = true;
  RepairLog log;
  std::optional<ExactRun> exact;
  if (search != nullptr && search->is_on()) exact.emplace(*search);
  // A failure means damage that cannot be repaired. The facts found before it are valid.
  static_cast<void>(dry_run({view, options, activity, log, exact ? &*exact : nullptr}, facts));
  return facts;
}

bool can_repair(const RepairFacts& facts, FindingCode code, std::optional<BlockType> region) {
  if (region && facts.completes(*region)) return true;
  const RepairNeed need = need_of(code);
  if (code == FindingCode::kBlockNewer && region == block_types::kData) return false;
  if (need == RepairNeed::kFields) return facts.solves(code);
  const bool of_region = need == RepairNeed::kRegionOf || need == RepairNeed::kBlockType;
  // The checkpoint has a type of its own.
  if (need == RepairNeed::kBlockType && region == block_types::kInodes &&
      facts.has(RepairNeed::kMigration))
    return true;
  // The blocks may belong to another region.
  if (need == RepairNeed::kBlockType && facts.has(RepairNeed::kSlotChoice)) return true;
  return facts.has(need) || (of_region && facts.has(need_of_region(region)));
}

}  // namespace vde
