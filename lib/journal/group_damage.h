// Superblock groups that a writer has to put in order although no crash explains their state.
#pragma once

#include "journal/recovery.h"

namespace vde {

// A group that opening the journal will overwrite.
struct GroupDamage {
  BlockRange blocks;
  bool is_intact = false;  // it is only older than the other one
};

// Nothing if the groups are in order, or if the interrupted write-back of the last record explains
// them. That writes the primary group while the mirror group is the one before the commits, then
// the mirror group while the primary group is the one after them: what it writes may be torn. Any
// other damage is not explained, whatever it looks like. `plan` must be that of `probe`.
[[nodiscard]] std::optional<GroupDamage> unexplained_damage(const Probe& probe,
                                                            const RecoveryPlan& plan);

}  // namespace vde
