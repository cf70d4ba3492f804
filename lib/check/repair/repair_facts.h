// What the repair of a finding needs, and what of it an image has: known before a repair, from what
// it would find to build on.
#pragma once

#include <bitset>
#include <optional>

#include "check/finding_code.h"
#include "format/block_type.h"
#include "vde/storage.h"

namespace vde {

// What must be there, or must be found to do, for a finding to be repaired.
enum class RepairNeed : uint8_t {
  kNever,           // nothing repairs it
  kRegionOf,        // what the region that the finding names needs
  kGroup,           // a whole superblock group is there, or can be put together
  kJournal,         // the journal has a place of its own
  kBitmap,          // changes can be committed, and the bitmap has room for the volume
  kLength,          // a file that is too short can be made longer
  kTail,            // one that is too long ends in zeros, which can be cut off
  kGeometry,        // the superblock's sizes can be found out
  kFixedSlots,      // slots of the fixed places can be named again
  kSlots,           // slots follow from the format and from other slots
  kInodeLayout,     // the inode layout can be made again
  kSnapshotBlocks,  // damaged blocks of the snapshot table can be given up
  kModuleBlocks,    // the same for those of the code cache
  kSnapshotCount,   // the snapshots can be counted again
  kSnapshotChains,  // their chains can be cut
  kModuleCount,     // the modules can be counted again
  kTagTree,         // the tag tree can be made again
  kEmptyRegions,    // regions that were never written can be made empty ones
};
inline constexpr size_t kRepairNeeds = static_cast<size_t>(RepairNeed::kEmptyRegions) + 1;

// What the repair of such findings needs, by the table of findings.
[[nodiscard]] RepairNeed need_of(FindingCode code);
[[nodiscard]] RepairNeed need_of(const FindingKind& kind);

class RepairFacts {
 public:
  [[nodiscard]] bool has(RepairNeed need) const { return facts_[static_cast<size_t>(need)]; }
  void set(RepairNeed need, bool fact) { facts_[static_cast<size_t>(need)] = fact; }

 private:
  std::bitset<kRepairNeeds> facts_;
};

// Tries out, in memory, what does not need the image's data. `file` is never written.
[[nodiscard]] RepairFacts find_repair_facts(BlockFile& file);

// Whether a repair that has these facts takes care of such a finding in this region.
[[nodiscard]] bool can_repair(const RepairFacts& facts, FindingCode code,
                              std::optional<BlockType> region);

}  // namespace vde
