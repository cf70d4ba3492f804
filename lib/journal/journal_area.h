// The location of the journal in an image, and its header: MWAL's first block, with vdetool's mark
// after the format's own fields, and the last block, which repeats the mark while there are live
// records.
#pragma once

#include <algorithm>

#include "format/journal_record.h"
#include "format/region/wal_header.h"
#include "format/sector.h"
#include "probe/group_copy.h"
#include "probe/region_table.h"

namespace vde {

// MWAL and its parts. Block numbers are those of the image.
struct JournalArea {
  BlockRange region;
  uint32_t block_size = kDefaultBlockSize;

  [[nodiscard]] uint64_t header() const { return region.begin; }
  [[nodiscard]] uint64_t last() const { return region.end - 1; }
  // The blocks between header and last block, in which records may be.
  [[nodiscard]] BlockRange records() const { return {region.begin + 1, region.end - 1}; }
  // The part of them that is used. The SDK makes MWAL 0.5 % of the volume: reserving disk space for
  // all of it would fill disks, and its live content is also kept in memory.
  [[nodiscard]] BlockRange used() const {
    constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
    return {region.begin + 1, std::min(region.end - 1, region.begin + 1 + kMaxBytes / block_size)};
  }

  // Whether header, records and last block can each have sectors of their own. Journals that begin
  // or end elsewhere are used without regard to sectors.
  [[nodiscard]] bool has_sectors() const { return has_whole_sectors(region, block_size); }
  // The part of used() to which records are written.
  [[nodiscard]] BlockRange room() const {
    if (!has_sectors()) return used();
    const uint64_t sector = blocks_per_sector(block_size);
    return {region.begin + sector, std::min(used().end, region.end - sector)};
  }
  // Where the record after one that ends before block `at` begins.
  [[nodiscard]] uint64_t next_record(uint64_t at) const {
    return has_sectors() ? next_sector(at, blocks_per_sector(block_size)) : at;
  }
  // Whether the journal holds a copy of the superblock group.
  [[nodiscard]] bool keeps_group() const {
    return groups_share_sector(block_size) && has_sectors();
  }
};

// The journal's region. kDamaged if no slot names one that lies within the file.
[[nodiscard]] Result<JournalArea> find_journal(const Probe& probe);

enum class HeaderKind {
  kOurs,     // the mark exists: the epoch is known
  kForeign,  // valid or unwritten, without a mark: not vdetool's
  kTorn,     // neither: an unfinished write of the header, or damage
};

struct JournalHeader {
  HeaderKind kind = HeaderKind::kForeign;
  bool valid = false;        // the header block is valid
  bool lost = false;         // its payload is all zero, which no program writes
  bool misplaced = false;    // the block is valid and belongs to something else
  bool clean = false;        // valid, with the clean flag set
  uint64_t epoch = 0;        // if kOurs
  bool last_marked = false;  // the last block carries a mark of this volume
  bool last_wiped = false;   // it has no mark, and is unwritten or as a checkpoint leaves it
  uint64_t last_epoch = 0;
};

[[nodiscard]] Result<JournalHeader> read_journal_header(const BlockIo& io, const JournalArea& area,
                                                        const Guid& uuid);

// The highest epoch that any block of the record area claims, without verifying checksums. A new
// epoch above it cannot be confused with an earlier one. 0 if there is none.
[[nodiscard]] Result<uint64_t> highest_epoch(const BlockIo& io, BlockRange blocks);

// The header's block: the fields of a new, clean header, the time of this checkpoint, and the mark.
[[nodiscard]] BlockBuffer encode_journal_header(const JournalArea& area,
                                                const Superblock& superblock, uint64_t epoch);
[[nodiscard]] Result<void> write_journal_header(const BlockIo& io, const JournalArea& area,
                                                const Superblock& superblock, uint64_t epoch);

// Writes the mark to the last block and, if the journal keeps one, a copy of `group` (four whole
// blocks) before it. Both count only together with the header's mark.
[[nodiscard]] Result<void> write_journal_end(const BlockIo& io, const JournalArea& area,
                                             const Superblock& superblock, uint64_t epoch,
                                             Bytes group);
// Removes the mark from the last block.
[[nodiscard]] Result<void> wipe_journal_end(const BlockIo& io, const JournalArea& area,
                                            const Superblock& superblock);

}  // namespace vde
