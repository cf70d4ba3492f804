// vdetool's own journal in MWAL: the fields after the first 83 bytes of the header, and the
// records. docs/FORMAT.md describes the bytes, lib/journal/journal.h the rules.
#pragma once

#include <optional>
#include <vector>

#include "format/block.h"
#include "format/superblock.h"

namespace vde {

// Offset of JournalMark in MWAL's first block: after the header's 83 bytes, within the first
// 512-byte sector. MWAL's last block repeats the mark at offset 0 while there are live records.
inline constexpr uint32_t kJournalMarkOffset = 96;

struct JournalMark {
  Text<8> mark{{'V', 'D', 'E', 'J', 'R', 'N', 'L', '1'}};
  uint64_t epoch = 1;  // raised whenever the journal starts over; records of other epochs are stale
  Guid uuid;           // of the volume
  uint64_t hash = 0;   // XXH64 of the fields before this one

  bool operator==(const JournalMark&) const = default;
};

inline constexpr Layout kJournalMarkLayout("journal mark", field(0, "mark", &JournalMark::mark),
                                           field(8, "epoch", &JournalMark::epoch),
                                           field(16, "uuid", &JournalMark::uuid),
                                           field(32, "hash", &JournalMark::hash));
static_assert(kJournalMarkLayout.covers(40));

// Writes the mark, with its hash, to the start of `bytes`.
void encode_journal_mark(JournalMark mark, MutableBytes bytes);
// The mark at the start of `bytes`; nothing if its hash does not match.
[[nodiscard]] std::optional<JournalMark> decode_journal_mark(Bytes bytes);

// The header of a record. A record starts with descriptor blocks (block type MWAL, with valid
// trailers). Their concatenated payloads hold this header and the entries. The inline after-images
// follow: complete blocks, as they are written to their home locations.
struct RecordHead {
  Text<8> mark{{'V', 'D', 'E', 'R', 'E', 'C', 'R', 'D'}};
  uint64_t epoch = 0;
  uint32_t index = 0;              // within its epoch, from 1
  uint32_t entry_count = 0;        // blocks that the commit changes, and the chain hash
  uint32_t descriptor_blocks = 0;  // blocks of header and entries
  // after-images that follow; the others are at the places in their entries
  uint32_t inline_images = 0;
  int64_t base_sequence = 0;   // sequence of the superblock group of the last checkpoint
  uint64_t base_hash = 0;      // of that group's payloads
  uint64_t previous = 0;       // checksum of the previous record, 0 in the first
  Opaque<0x130> superblock{};  // after the commit
  Opaque<32> seal{};           // header seal after the commit
  uint64_t checksum = 0;       // XXH64 of header (this field zero) and entries, seeded

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

// One changed block. Trailers identify its versions: an after-image is accepted only if it is valid
// and has exactly the trailer `after`, and it is written only over a block with the trailer
// `before` or of another journaled version.
struct RecordEntry {
  uint64_t target = 0;  // block number
  uint64_t place = 0;   // block with the after-image; 0 = the next inline one; target: a hole
  Trailer before;       // all zero: the block was unwritten
  Trailer after;

  // The commit makes the block read as never written, and has no after-image of it.
  [[nodiscard]] bool is_hole() const { return place == target && after == Trailer{}; }

  bool operator==(const RecordEntry&) const = default;
};

inline constexpr uint32_t kRecordEntrySize = 48;

// The metadata chain hash of the integrity anchor after the commit, and its generation, at least 1.
// In a record it is a last entry, whose target is the anchor: block kRecordAnchor. That is never
// the target of a block's entry. A version that does not know the hash takes such a record for
// damage.
struct ChainRenewal {
  Opaque<32> hash{};
  int64_t generation = 1;

  bool operator==(const ChainRenewal&) const = default;
};

inline constexpr uint64_t kRecordAnchor = 3;

struct JournalRecord {
  RecordHead head;
  std::vector<RecordEntry> entries;
  std::optional<ChainRenewal> chain;
};

// The number of descriptor blocks of a record with `entries` entries.
[[nodiscard]] uint64_t record_descriptor_blocks(uint64_t entries, uint32_t block_size);

// Encodes the descriptor blocks of `record`, with trailers of `generation`. Computes its counts and
// checksum; the checksum is also stored in record.head.
[[nodiscard]] std::vector<uint8_t> encode_record(JournalRecord& record, const Guid& uuid,
                                                 uint32_t block_size, uint32_t generation);

// Reads a record's header from the payload of its first descriptor block, without verifying the
// checksum. Nothing if the payload does not start a record, or the record has more than `max`
// descriptor blocks.
[[nodiscard]] std::optional<RecordHead> peek_record(Bytes first_payload, uint64_t max);

// Decodes a record from the concatenated payloads of its descriptor blocks; nothing if the checksum
// does not match.
[[nodiscard]] std::optional<JournalRecord> decode_record(Bytes stream, const Guid& uuid);

}  // namespace vde
