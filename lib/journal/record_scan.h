// Reads the valid records of a journal, in order.
#pragma once

#include "journal/journal_area.h"

namespace vde {

struct ScannedRecord {
  JournalRecord record;
  // The block with the after-image of each entry, inline or not; the target of a hole.
  std::vector<uint64_t> places;
};

struct RecordScan {
  std::vector<ScannedRecord> records;
  uint64_t end = 0;  // the block after the last of them
};

// What to do if there is an intact record after a damaged one.
enum class LostRecords {
  kRefuse,  // return an error
  // As kRefuse, but only if the journal's last block is marked or damaged, which saves reading the
  // whole journal: the mark is durable before a second record is written (journal.h, rule 5).
  kRefuseMarked,
  kDrop,  // end the chain before the damaged record; for repair, which reports the loss
};

// How often a block of the journal may be read because of false record heads.
inline constexpr uint64_t kRecordReadings = 4;

// The head of the record in block `at`, if the block is valid and starts a record with at most
// `max` blocks. The record's checksum is not verified. kIo.
[[nodiscard]] Result<std::optional<RecordHead>> record_head_at(const BlockIo& io, uint64_t at,
                                                               uint64_t max);

// The record that starts in block `at` and has at most `max` blocks. Verifies its checksum, but not
// its after-images. Nothing if there is none. kIo if a block cannot be read.
[[nodiscard]] Result<std::optional<JournalRecord>> record_at(const BlockIo& io, uint64_t at,
                                                             uint64_t max, const Guid& uuid);

// Returns the chain of intact records of `epoch` from the journal's first block on; `probe`
// describes the file. kDamaged if a record breaks the rules of replay_rules.h, or if there is an
// intact record after the end of the chain: a record before it was lost, and ignoring that would
// lose a commit. With LostRecords::kDrop the chain ends before such a record. kIo if a block cannot
// be read: it may hold a commit.
[[nodiscard]] Result<RecordScan> scan_records(const BlockIo& io, const JournalArea& area,
                                              const Probe& probe, uint64_t epoch,
                                              LostRecords lost = LostRecords::kRefuse);

// That a commit replaced a block, as a record of the journal says.
struct Replacement {
  uint64_t target = 0;
  uint64_t place = 0;  // of the after-image
  Trailer before;
  Trailer after;
};

// From all records whose after-images are intact, old records too, in the order of the journal.
[[nodiscard]] Result<std::vector<Replacement>> list_replacements(const BlockIo& io,
                                                                 const JournalArea& area,
                                                                 const Guid& uuid);

}  // namespace vde
