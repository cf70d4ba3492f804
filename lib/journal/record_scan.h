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
  uint64_t epoch = 0;  // of the records; 0 where none was found
};

// The chain of intact records from the journal's first block on: of `epoch`, or, where it is not
// known, of the first record's. kDamaged where an intact record lies behind the chain's end: one
// before it was lost, and to drop it in silence would lose a commit. kIo where a block of the
// journal cannot be read.
[[nodiscard]] Result<RecordScan> scan_records(const BlockIo& io, const JournalArea& area,
                                              const Guid& uuid, std::optional<uint64_t> epoch,
                                              uint64_t blocks_in_volume);

}  // namespace vde
