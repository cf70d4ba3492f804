// Where the journal lies in an image, and its header: MWAL's first block with vdetool's mark behind
// the format's own fields, and the last block, which repeats the mark while records live.
#pragma once

#include <algorithm>

#include "format/journal_record.h"
#include "format/region/wal_header.h"
#include "probe/probe.h"
#include "probe/region_table.h"

namespace vde {

// MWAL, cut into its parts. Block numbers are those of the image.
struct JournalArea {
  BlockRange region;
  uint32_t block_size = kDefaultBlockSize;

  [[nodiscard]] uint64_t header() const { return region.begin; }
  [[nodiscard]] uint64_t last() const { return region.end - 1; }
  // The blocks between them, for records.
  [[nodiscard]] BlockRange records() const { return {region.begin + 1, region.end - 1}; }
  // Those of them that are written. Existing writers make MWAL 0.5 % of the volume: to take room
  // in the file for all of it would fill disks, and what lives in it is kept in memory, too.
  [[nodiscard]] BlockRange used() const {
    constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
    return {region.begin + 1, std::min(region.end - 1, region.begin + 1 + kMaxBytes / block_size)};
  }
};

// The journal's region; kDamaged where the slots name none that lies within the file.
[[nodiscard]] Result<JournalArea> find_journal(const Probe& probe);

enum class HeaderKind {
  kOurs,     // the mark is there: the epoch is known
  kForeign,  // sealed or unwritten, without a mark: nothing of ours
  kTorn,     // neither: a write of the header did not finish, or it is damaged
};

struct JournalHeader {
  HeaderKind kind = HeaderKind::kForeign;
  bool sealed = false;       // the header block verifies
  bool lost = false;         // its payload is all zero, which no writer leaves
  bool clean = false;        // sealed, and says that nothing waits
  uint64_t epoch = 0;        // where kOurs
  bool last_marked = false;  // the last block carries a mark of this volume
  bool last_wiped = false;   // it carries none, and is as a checkpoint leaves it or unwritten
  uint64_t last_epoch = 0;
};

[[nodiscard]] Result<JournalHeader> read_journal_header(const BlockIo& io, const JournalArea& area,
                                                        const Guid& uuid);

// The highest epoch that any block of the record area claims to be of, believed without a checksum:
// a new epoch above it can be mistaken for none that was there before. 0 where there is none.
[[nodiscard]] Result<uint64_t> highest_epoch(const BlockIo& io, BlockRange blocks);

// Writes the header: the fields of a fresh, clean one, the time of this checkpoint, and the mark.
[[nodiscard]] Result<void> write_journal_header(const BlockIo& io, const JournalArea& area,
                                                const Superblock& superblock, uint64_t epoch);

// Marks the last block, or wipes it.
[[nodiscard]] Result<void> write_journal_end(const BlockIo& io, const JournalArea& area,
                                             const Superblock& superblock,
                                             std::optional<uint64_t> epoch);

}  // namespace vde
