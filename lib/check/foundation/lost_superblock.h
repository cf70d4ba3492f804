// The superblock where no group has a valid one: from a record of the journal, else field by field.
#pragma once

#include "check/foundation/block_survey.h"

namespace vde {

struct LostSuperblock {
  BlockBuffer head;                    // the payload of block 0
  std::string source;                  // of all fields, or of each
  std::string lost;                    // the fields that have no source; empty if all have one
  bool has_uuid = true;                // else it is zero
  bool is_unverified = false;          // has fields of one whose checksum does not match
  bool is_of_waiting_commits = false;  // after the commits that wait in the journal
  // Those after these commits, if they write the region directory.
  std::optional<std::vector<RegionSlot>> slots;
};

// Each field from its own source: the journal's first and last block, the inode layout, the slots
// of `probe`, its file, and the latest generation of a block. The block counts are left to the
// repair.
[[nodiscard]] Result<LostSuperblock> superblock_of_fields(const BlockIo& io, const Probe& probe,
                                                          uint32_t newest_generation);

// `slots` are those of the image, which name the journal. Makes the survey if no record has the
// superblock and there is no survey yet.
[[nodiscard]] Result<LostSuperblock> find_lost_superblock(const FoundationRepair& repair,
                                                          const std::vector<RegionSlot>& slots,
                                                          std::optional<BlockSurvey>& survey);

}  // namespace vde
