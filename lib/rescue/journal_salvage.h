// What the journal of an image still holds when its superblock groups are lost.
#pragma once

#include <optional>

#include "format/journal_record.h"
#include "probe/block_runs.h"

namespace vde {

struct JournalRemains {
  // The newest record whose checksum matches, with the number of its first block: it holds a
  // superblock. It may have been written back long ago.
  std::optional<JournalRecord> newest;
  uint64_t block = 0;
  std::optional<JournalMark> mark;  // of the journal's header: it has the volume's UUID
  uint64_t mark_block = 0;
};

// Reads the blocks of type MWAL. Work and memory are bounded by their number. kIo, kInterrupted.
[[nodiscard]] Result<JournalRemains> find_journal_remains(const BlockIo& io, const BlockRuns& found,
                                                          const Activity& activity);

// Applies the commits that wait in the journal of the image in `io` to it, and empties the journal.
// Both groups must be valid; the records need not be based on them. Returns the number of commits.
[[nodiscard]] Result<uint64_t> apply_waiting_commits(const BlockIo& io);

}  // namespace vde
