// The steps of the journal, so that a test build can leave one out and show that the crash explorer
// detects it (tests/crash/mutations.cpp). In all other builds the checks are compile-time
// constants, and nothing is left out.
#pragma once

#include "vde/storage.h"

namespace vde {

enum class JournalFault {
  kNone,
  // Syncs that are left out.
  kDirectUnsynced,          // before the record: blocks written directly to their home locations
  kSpillUnsynced,           // before the record: after-images outside of the journal
  kRecordUnsynced,          // the record itself
  kHomeUnsynced,            // checkpoint: home locations and primary group
  kMirrorUnsynced,          // checkpoint: mirror group
  kHeaderUnsynced,          // checkpoint: header of the next epoch
  kRecoveryHomeUnsynced,    // the same three in recovery
  kRecoveryMirrorUnsynced,  //
  kRecoveryHeaderUnsynced,  //
  kAdoptionUnsynced,        // the first mark in a header that had none
  kHealingUnsynced,         // copying a group over the other one
  kExtensionUnsynced,       // extending the file
  kTruncationUnsynced,      // truncating the file
  // Rules that are broken.
  kHomeBeforeRecord,   // blocks are written back together with the record
  kMirrorWithPrimary,  // checkpoint writes both groups at once
  kRecoveryMirrorWithPrimary,
  kOnlyGroupRewritten,  // recovery writes the primary although the mirror is torn
  kReusedBeforeClean,   // checkpoint does not write the header
  kEpochKept,           // checkpoint does not raise the epoch
  kRecoveryEpochKept,   // recovery does not raise the epoch
  kUnfinishedIgnored,   // the start of an unfinished record does not raise the epoch
  kEndMarkKept,         // an obsolete mark in the last block is not removed
  kStaleAccepted,       // with a torn header, records of any epoch count
  kFreedReused,         // freed blocks are reused before the checkpoint
  kPlacesReused,        // places of after-images outside of the journal are reused, too
  kOwnBlocksSpare,      // after-images go to blocks that the transaction itself wrote
  kTruncatedEarly,      // the file is truncated before the smaller volume is committed
  kGivenUpKept,         // blocks beyond the new end are not zeroed before the commit
  kSealKept,            // a commit does not renew the header seal
  kChainKept,           // a commit does not renew the metadata chain hash
  kRecoveryChainKept,   // recovery does not take the hash from the record
  // The same for disks whose sectors are larger than a block.
  kDirectoryUnsynced,          // checkpoint: the directory, before a group is written
  kRecoveryDirectoryUnsynced,  // recovery: the same
  kNeighboursLeft,             // a record has no after-images of its targets' neighbours
  kHolesLeft,                  // a record does not name neighbours that were never written
  kGroupCopyLeft,              // the journal has no copy of the group
  kHealingCopyLeft,            // nor while a group is copied over the other one
  kRecordsTouch,               // a record begins in the sector in which the one before it ends
  kSectorsShared,              // direct writes share sectors with blocks in use
};

#ifdef VDE_JOURNAL_FAULTS
extern JournalFault active_fault;
[[nodiscard]] inline bool fault(JournalFault which) {
  return active_fault == which;
}
#else
[[nodiscard]] constexpr bool fault(JournalFault) {
  return false;
}
#endif

// A sync that a test can leave out.
[[nodiscard]] inline Result<void> sync_unless(JournalFault which, BlockFile& file) {
  return fault(which) ? Result<void>{} : file.sync();
}

}  // namespace vde
