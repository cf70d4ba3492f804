// What the repair of a finding needs, and which of these needs an image meets. A dry run of the
// repair finds that out.
#pragma once

#include <algorithm>
#include <bitset>
#include <optional>
#include <set>
#include <vector>

#include "check/finding_code.h"
#include "format/block_type.h"
#include "vde/storage.h"

namespace vde {

class ExactSearch;

// The condition for repairing a finding.
enum class RepairNeed : uint8_t {
  kNever,           // no repair exists
  kRegionOf,        // depends on the region that the finding names
  kGroup,           // a superblock group is intact or can be assembled
  kJournal,         // no other region shares the journal's blocks
  kBitmap,          // changes can be committed, and the bitmap is large enough for the volume
  kLength,          // a file that is too short can be extended
  kTail,            // a file that is too long ends in zeros, so it can be truncated
  kGeometry,        // the superblock's sizes can be determined
  kFixedSlots,      // the slots of the fixed regions can be rewritten
  kSlotChoice,      // slots that fit the image better can be chosen
  kSlots,           // the slot follows from the format and from other slots
  kBlockType,       // the block's type is wrong, or as kRegionOf
  kInodeLayout,     // the inode layout can be rebuilt
  kMigration,       // the checkpoint of an inode migration can be cleared
  kSnapshotBlocks,  // damaged blocks of the snapshot table can be dropped
  kModuleBlocks,    // damaged blocks of the code cache can be dropped
  kSnapshotCount,   // the snapshots can be recounted
  kSnapshotChains,  // snapshots can be made roots
  kModuleCount,     // the modules can be recounted
  kTagTree,         // the tag tree can be rebuilt
  kEmptyRegions,    // regions that were never written can be initialized
  kSpareBlocks,     // unused blocks of tables get trailers
  kFields,          // the field follows from the rest of its region
};
inline constexpr size_t kRepairNeeds = static_cast<size_t>(RepairNeed::kFields) + 1;

// The need of a kind, from the table of findings.
[[nodiscard]] RepairNeed need_of(FindingCode code);
[[nodiscard]] RepairNeed need_of(const FindingKind& kind);

class RepairFacts {
 public:
  [[nodiscard]] bool has(RepairNeed need) const { return facts_[static_cast<size_t>(need)]; }
  void set(RepairNeed need, bool fact) { facts_[static_cast<size_t>(need)] = fact; }
  // For kFields: whether a step removes findings of this kind.
  [[nodiscard]] bool solves(FindingCode code) const { return solved_.contains(&kind_of(code)); }
  void set_solved(std::set<const FindingKind*> kinds) { solved_ = std::move(kinds); }
  // Whether blocks are put back into a region of this type.
  [[nodiscard]] bool completes(BlockType region) const {
    return std::ranges::find(completed_, region) != completed_.end();
  }
  void set_completed(std::vector<BlockType> regions) { completed_ = std::move(regions); }

 private:
  std::bitset<kRepairNeeds> facts_;
  std::set<const FindingKind*> solved_;
  std::vector<BlockType> completed_;
};

// Runs the repair in memory, except the parts that need the image's data. Never writes to `file`.
// With a search, it restores the blocks that the rest depends on as the search finds them.
[[nodiscard]] RepairFacts find_repair_facts(BlockFile& file, ExactSearch* search);

// Whether a repair of an image with these facts fixes such a finding in this region.
[[nodiscard]] bool can_repair(const RepairFacts& facts, FindingCode code,
                              std::optional<BlockType> region);

}  // namespace vde
