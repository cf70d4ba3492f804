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
  // As kRefuse, but only where the journal's last block is marked or damaged, to save reading the
  // whole journal: the mark is durable before a second record is written (journal.h, rule 5).
  kRefuseMarked,
  kDrop,  // end the chain before the damaged one: for repair, which names the loss
};

// The chain of intact records of `epoch` from the journal's first block on; `probe` is that of the
// file. kDamaged where a record breaks the rules of replay_rules.h, and where an intact record lies
// behind the chain's end: one before it was lost, and to drop it in silence would lose a commit.
// With LostRecords::kDrop the chain ends before such a record. kIo where a block cannot be read: a
// commit may lie in it.
[[nodiscard]] Result<RecordScan> scan_records(const BlockIo& io, const JournalArea& area,
                                              const Probe& probe, uint64_t epoch,
                                              LostRecords lost = LostRecords::kRefuse);

}  // namespace vde
