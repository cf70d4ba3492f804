// What a journal that was left behind asks for. Planning reads only; applying writes to the image
// itself or, for readers, to an overlay in memory. The rules are numbered in journal.h.
#pragma once

#include "journal/record_scan.h"
#include "probe/group.h"

namespace vde {

// A block that goes home: the image lies in block `place` of the file.
struct ReplayedBlock {
  uint64_t target = 0;
  uint64_t place = 0;
};

struct RecoveryPlan {
  JournalArea area;
  JournalHeader header;
  uint64_t epoch = 0;                       // the highest seen; the next one to use is above it
  uint64_t records = 0;                     // intact commits that wait
  std::vector<ReplayedBlock> after_images;  // the last image of each target, ascending
  std::optional<GroupState>
      group;  // after the last record; nothing where no group is to be written
  // The header fails its trailer, and the journal was used before: a crash may have torn it.
  bool torn_header = false;
  // The journal must be started over: records wait, or a session ended without saying so.
  bool needs_reset = false;
};

// kDamaged, as a sentence for a finding, where the journal must not be touched: somebody else wrote
// over it or over what it changes, or a record before an intact one is damaged.
// With LostRecords::kDrop the intact records before a damaged one are planned for all the same.
[[nodiscard]] Result<RecoveryPlan> plan_recovery(const BlockIo& io, const Probe& probe,
                                                 LostRecords lost = LostRecords::kRefuse);

// Carries `plan` out: home blocks and primary group, sync, mirror, sync, header with the next
// epoch, sync. Doing it again changes no byte. Returns what the epoch is now. kDamaged, and nothing
// is written, where an image lies in a block that the plan overwrites.
[[nodiscard]] Result<uint64_t> apply_recovery(const BlockIo& io, const Probe& probe,
                                              const RecoveryPlan& plan);

}  // namespace vde
