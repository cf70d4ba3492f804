// Recovery of a journal. Planning only reads; applying writes to the image or, for readers, to an
// overlay in memory. The rules are numbered in journal.h.
#pragma once

#include "journal/record_scan.h"
#include "probe/group.h"

namespace vde {

// A block to write back. Its after-image is in block `place` of the file; a block that is to be as
// if never written has none, and `place` is itself.
struct ReplayedBlock {
  uint64_t target = 0;
  uint64_t place = 0;

  [[nodiscard]] bool is_hole() const { return place == target; }
};

// A target whose block is valid, but holds neither what a record replaces nor what one wrote.
struct OddBlock {
  uint64_t target = 0;
  Trailer before;  // what it should have held
  Trailer found;
  bool is_copy = false;  // of what a record writes to another target
};

// What to do with odd blocks.
enum class OddBlocks {
  kRefuse,  // they mean that another program wrote to the image; return an error
  // For repair: they are damage, and overwritten, if the groups still are those that the records
  // are based on, and none of them is newer, unless it is a copy of an after-image. A program that
  // wrote to the image would have changed a group.
  kOverwrite,
};

struct RecoveryPlan {
  JournalArea area;
  JournalHeader header;
  uint64_t epoch = 0;                       // the highest found; a new epoch must be higher
  uint64_t records = 0;                     // number of intact, live commits
  uint64_t records_end = 0;                 // the block of the journal after them
  std::vector<ReplayedBlock> after_images;  // the last after-image of each target, ascending
  std::optional<GroupState> group;  // after the last record; nothing if no group must be written
  std::vector<OddBlock> odd;        // only with OddBlocks::kOverwrite; ascending
  // The header's trailer is invalid although the journal was used before: a crash may have torn it.
  bool torn_header = false;
  // The journal must be restarted: there are live records, or a session did not end cleanly.
  bool needs_reset = false;
};

// kDamaged, with a message fit for a finding, if the journal must not be applied: another program
// overwrote it or its targets, or a record before an intact one is damaged. With LostRecords::kDrop
// the plan contains the intact records before a damaged one.
[[nodiscard]] Result<RecoveryPlan> plan_recovery(const BlockIo& io, const Probe& probe,
                                                 LostRecords lost = LostRecords::kRefuse,
                                                 OddBlocks odd = OddBlocks::kRefuse);

// Applies `plan`: home locations and primary group, sync, mirror, sync, header with the next epoch,
// sync. If the groups share a sector, the home locations and a copy of the group are durable before
// that is written. Applying it again changes nothing. Returns the new epoch. kDamaged, with nothing
// written, if an after-image lies in a block that the plan overwrites.
[[nodiscard]] Result<uint64_t> apply_recovery(const BlockIo& io, const Probe& probe,
                                              const RecoveryPlan& plan);

}  // namespace vde
