// Reads the records of a journal, in order, as far as they verify.
#pragma once

#include "journal/journal_area.h"

namespace vde {

struct ScannedRecord {
  JournalRecord record;
  // The block that holds the image of each entry, inline or not.
  std::vector<uint64_t> places;
};

struct RecordScan {
  std::vector<ScannedRecord> records;
};

// What to do where an intact record lies behind a damaged one.
enum class LostRecords {
  kRefuse,  // say so
  kDrop,    // end the chain before the damaged one: for repair, which names the loss
};

// The chain of intact records of `epoch` from the journal's first block on. kDamaged where an
// intact record lies behind the chain's end: one before it was lost, and to drop it in silence
// would lose a commit. kIo where a block cannot be read: a commit may lie in it.
[[nodiscard]] Result<RecordScan> scan_records(const BlockIo& io, const JournalArea& area,
                                              const Guid& uuid, uint64_t epoch,
                                              uint64_t blocks_in_volume,
                                              LostRecords lost = LostRecords::kRefuse);

}  // namespace vde
