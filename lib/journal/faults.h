// The journal's order, step by step, so that a test build can leave one out and show that the crash
// explorer sees it (tests/crash/mutations.cpp). Every other build leaves nothing out: the question
// is answered when it is compiled.
#pragma once

#include "vde/storage.h"

namespace vde {

enum class JournalFault {
  kNone,
  // Syncs that do not happen.
  kDirectUnsynced,          // before the record: blocks written straight home
  kSpillUnsynced,           // before the record: images outside of the journal
  kRecordUnsynced,          // the record itself
  kHomeUnsynced,            // checkpoint: home blocks and primary group
  kMirrorUnsynced,          // checkpoint: mirror group
  kHeaderUnsynced,          // checkpoint: header of the next epoch
  kRecoveryHomeUnsynced,    // the same three in recovery
  kRecoveryMirrorUnsynced,  //
  kRecoveryHeaderUnsynced,  //
  kAdoptionUnsynced,        // the first mark in a header that had none
  kHealingUnsynced,         // a group made equal to the other one
  kExtensionUnsynced,       // the file made longer
  kTruncationUnsynced,      // the file cut
  // Rules that are broken.
  kHomeBeforeRecord,   // home blocks are written with the record
  kMirrorWithPrimary,  // checkpoint writes both groups at once
  kRecoveryMirrorWithPrimary,
  kOnlyGroupRewritten,  // recovery writes the primary while the mirror is torn
  kReusedBeforeClean,   // checkpoint leaves the header as it was
  kEpochKept,           // checkpoint does not raise the epoch
  kRecoveryEpochKept,   // recovery does not raise it
  kUnfinishedIgnored,   // the start of a record that was never finished raises no epoch
  kEndMarkKept,         // a mark that outlived its epoch in the last block stays there
  kStaleBelieved,       // a torn header lets any record count
  kFreedReused,         // blocks are used again before the checkpoint
  kPlacesReused,        // as are the places of images outside of the journal
  kOwnBlocksSpare,      // images go where the transaction itself wrote
  kTruncatedEarly,      // the file is cut before the smaller volume is committed
  kGivenUpKept,         // what a smaller volume gives up is not zeroed before that
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
