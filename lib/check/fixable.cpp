// Which findings --repair can put right, told from what it would find to build on.
#include "check/repair/repair_base.h"

namespace vde {
namespace {

size_t code_of(const Finding& finding) {
  return static_cast<size_t>(finding.kind - finding_kinds().data());
}

// A block that fails its trailer can be made anew where its content follows from others.
bool can_remake(const RepairFacts& facts, const std::string& region) {
  if (region == "BMAP") return facts.commit && facts.bitmap;
  if (region == "MWAL") return facts.journal;
  if (region == "TAGI") return facts.tag_tree;
  if (region == "INOD") return facts.inode_layout;
  if (region == "SNAP") return facts.snapshot_blocks;
  if (region == "CODE") return facts.module_blocks;
  return false;
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

bool can_repair(const RepairFacts& facts, const Finding& finding) {
  switch (static_cast<FindingCode>(code_of(finding))) {
    case FindingCode::kBlockBadChecksum:
    case FindingCode::kBlockNoTrailer:
    case FindingCode::kBlockUnknownTag:
    case FindingCode::kBlockWrongTag:
    case FindingCode::kRegionHeadMissing:
    case FindingCode::kRegionHeadLost:
    case FindingCode::kSnapshotsLost:
    case FindingCode::kModulesLost:
      return can_remake(facts, finding.region);
    case FindingCode::kRegionNeverWritten:
      return facts.empty_regions;
    case FindingCode::kFileShorter:
      return facts.length;
    case FindingCode::kFileLonger:
      return facts.tail;
    case FindingCode::kFileSizeFieldWrong:
    case FindingCode::kTotalBlocksImpossible:
      return facts.geometry;
    case FindingCode::kInodeLayoutBroken:
    case FindingCode::kInodeLayoutContradicts:
      return facts.inode_layout;
    case FindingCode::kRegionOverlapsData:
      return facts.slots;
    case FindingCode::kFixedRegionMisplaced:
    case FindingCode::kRegionUnknownTag:
      return facts.fixed_slots;
    case FindingCode::kSnapshotCountWrong:
    case FindingCode::kSnapshotUncounted:
      return facts.snapshot_count;
    case FindingCode::kSnapshotParentMissing:
    case FindingCode::kSnapshotCycle:
      return facts.snapshot_chains;
    case FindingCode::kModuleCountWrong:
    case FindingCode::kModuleUncounted:
      return facts.module_count;
    case FindingCode::kModuleBlocksFree:
    case FindingCode::kDictionaryBlocksFree:
      return facts.commit && facts.bitmap;
    default:
      break;
  }
  const std::string_view family = finding.kind->code.substr(0, 4);
  if (family == "BMAP") return facts.commit && facts.bitmap;
  if (family == "TAGI") return facts.tag_tree;
  if (family == "MWAL") return facts.journal && finding.region == "MWAL";
  return facts.group;
}

}  // namespace vde
