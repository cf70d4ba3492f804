// vdetool's own journal inside MWAL: the fields behind the header's first 83 bytes, and the
// records. docs/FORMAT.md describes the bytes, lib/journal/journal.h the rules they serve.
#pragma once

#include <vector>

#include "format/block.h"
#include "format/superblock.h"

namespace vde {

// Where JournalMark lies in MWAL's first block: behind the header's 83 bytes, within the first
// 512-byte sector. MWAL's last block repeats it at offset 0 while records live.
inline constexpr uint32_t kJournalMarkOffset = 96;

struct JournalMark {
  Text<8> mark{{'V', 'D', 'E', 'J', 'R', 'N', 'L', '1'}};
  uint64_t epoch = 1;  // raised whenever the journal starts over: records of other epochs are stale
  Guid uuid;           // of the volume
  uint64_t hash = 0;   // XXH64 of the fields before it

  bool operator==(const JournalMark&) const = default;
};

inline constexpr Layout kJournalMarkLayout("journal mark", field(0, "mark", &JournalMark::mark),
                                           field(8, "epoch", &JournalMark::epoch),
                                           field(16, "uuid", &JournalMark::uuid),
                                           field(32, "hash", &JournalMark::hash));
static_assert(kJournalMarkLayout.covers(40));

// Writes the mark, its hash computed, to the front of `bytes`.
void encode_journal_mark(JournalMark mark, MutableBytes bytes);
// The mark at the front of `bytes`, if one with a right hash is there.
[[nodiscard]] std::optional<JournalMark> decode_journal_mark(Bytes bytes);

// The head of a record. A record is a run of meta blocks (sealed, MWAL), whose payloads one after
// the other hold this head and the entries, then the inline images, whole blocks as they go home.
struct RecordHead {
  Text<8> mark{{'V', 'D', 'E', 'R', 'E', 'C', 'R', 'D'}};
  uint64_t epoch = 0;
  uint32_t index = 0;              // in its epoch, from 1
  uint32_t entry_count = 0;        // blocks that the commit changes
  uint32_t descriptor_blocks = 0;  // blocks of head and entries
  uint32_t inline_images = 0;      // images behind them; the others lie where their entries say
  int64_t base_sequence = 0;       // of the superblock group that was checkpointed last
  uint64_t base_hash = 0;          // of that group's payloads
  uint64_t previous = 0;           // checksum of the record before, 0 in the first
  Opaque<0x130> superblock{};      // as it is after the commit
  Opaque<32> seal{};               // the header seal after the commit
  uint64_t checksum = 0;           // XXH64 over head (this field zero) and entries, seeded

  bool operator==(const RecordHead&) const = default;
};

inline constexpr Layout kRecordHeadLayout(
    "journal record", field(0, "mark", &RecordHead::mark), field(8, "epoch", &RecordHead::epoch),
    field(16, "index", &RecordHead::index), field(20, "entry_count", &RecordHead::entry_count),
    field(24, "meta_blocks", &RecordHead::descriptor_blocks),
    field(28, "inline_images", &RecordHead::inline_images),
    field(32, "base_sequence", &RecordHead::base_sequence),
    field(40, "base_hash", &RecordHead::base_hash), field(48, "previous", &RecordHead::previous),
    field(56, "superblock", &RecordHead::superblock), field(360, "seal", &RecordHead::seal),
    field(392, "checksum", &RecordHead::checksum));
static_assert(kRecordHeadLayout.covers(400));
static_assert(kRecordHeadLayout.size() <= payload_size(kMinBlockSize));

// One changed block. The trailers vouch for the bytes: an image counts only if it is sealed with
// exactly `after`, and is only ever put where `before` (or another journaled version) was.
struct RecordEntry {
  uint64_t target = 0;  // block number
  uint64_t place = 0;   // block that holds the image; 0 = the next inline one
  Trailer before;       // all zero: the block was unwritten
  Trailer after;

  bool operator==(const RecordEntry&) const = default;
};

inline constexpr uint32_t kRecordEntrySize = 48;

struct JournalRecord {
  RecordHead head;
  std::vector<RecordEntry> entries;
};

// Meta blocks that a record of `entries` entries takes.
[[nodiscard]] uint64_t record_descriptor_blocks(uint64_t entries, uint32_t block_size);

// The meta blocks of `record`, sealed with `generation`, its counts and checksum computed; the
// checksum is also left in record.head.
[[nodiscard]] std::vector<uint8_t> encode_record(JournalRecord& record, const Guid& uuid,
                                                 uint32_t block_size, uint32_t generation);

// How many meta blocks the record takes whose first meta block has this payload, as far as can be
// told without a checksum; nothing if the payload starts no record, or one longer than `most`.
[[nodiscard]] std::optional<RecordHead> peek_record(Bytes first_payload, uint64_t most);

// The record in the meta blocks' payloads, one after the other in `stream`; nothing unless its
// checksum fits.
[[nodiscard]] std::optional<JournalRecord> decode_record(Bytes stream, const Guid& uuid);

}  // namespace vde
