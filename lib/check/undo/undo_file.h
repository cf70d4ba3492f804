// The undo file: what a repair is going to overwrite, as it was. docs/FORMAT.md does not know it:
// it is a file of vdetool's own, of three parts:
//
//   sector 0 (512 bytes)  header, with a checksum of its own
//   sector 1              state: whether the change that it undoes is under way, done, or being
//                         taken back; rewritten in place, and a torn one reads as "under way"
//   from byte 1024 on     the ranges, 16 bytes each, then their old bytes one after the other
#pragma once

#include <vector>

#include "format/field.h"
#include "vde/repair.h"

namespace vde {

enum class UndoState : uint32_t {
  kUnderWay = 0,    // the image may hold anything between the old and the new
  kDone = 1,        // it holds the new
  kTakingBack = 2,  // anything between them again
};

struct UndoHeader {
  Text<8> mark{{'V', 'D', 'E', 'U', 'N', 'D', 'O', '1'}};
  Guid uuid;              // of the volume
  uint64_t old_size = 0;  // of the file, bytes
  uint64_t new_size = 0;  // after the change
  uint64_t old_hash = 0;  // of the ranges before
  uint64_t new_hash = 0;  // and after
  int64_t sequence = 0;   // checkpoint sequence after the change
  uint64_t journal = 0;   // where the journal's bytes begin, and end
  uint64_t journal_end = 0;
  uint32_t block_size = 0;
  uint32_t range_count = 0;
  uint64_t ranges_hash = 0;  // XXH64 of the table of ranges
  uint64_t hash = 0;         // XXH64 of the fields before it

  bool operator==(const UndoHeader&) const = default;
};

inline constexpr Layout kUndoHeaderLayout(
    "undo file", field(0, "mark", &UndoHeader::mark), field(8, "uuid", &UndoHeader::uuid),
    field(24, "old_size", &UndoHeader::old_size), field(32, "new_size", &UndoHeader::new_size),
    field(40, "old_hash", &UndoHeader::old_hash), field(48, "new_hash", &UndoHeader::new_hash),
    field(56, "sequence", &UndoHeader::sequence), field(64, "journal", &UndoHeader::journal),
    field(72, "journal_end", &UndoHeader::journal_end),
    field(80, "block_size", &UndoHeader::block_size),
    field(84, "range_count", &UndoHeader::range_count),
    field(88, "ranges_hash", &UndoHeader::ranges_hash), field(96, "hash", &UndoHeader::hash));
static_assert(kUndoHeaderLayout.covers(104));

// What an undo file says. The ranges are ascending and disjoint, in bytes of the image; of those
// that reach past the old end of the image only the part before it has bytes in the file.
struct UndoContent {
  UndoHeader header;
  std::vector<ByteRange> ranges;
  UndoState state = UndoState::kUnderWay;
};

// The part of `range` that a file of `size` bytes has.
[[nodiscard]] ByteRange clipped(ByteRange range, uint64_t size);

// A hash over `ranges` of `file` as far as its `size` bytes go, and over the size.
[[nodiscard]] Result<uint64_t> hash_ranges(BlockFile& file, const std::vector<ByteRange>& ranges,
                                           uint64_t size);

// Writes header, ranges and the bytes that `image` has there now, under way. Hashes, sizes and
// counts of `header` that follow from the image and the ranges are filled in.
[[nodiscard]] Result<void> write_undo(BlockFile& undo, BlockFile& image, UndoHeader header,
                                      const std::vector<ByteRange>& ranges);

// Reads all but the bytes, and holds the bytes against their hash. kMalformed where it is not a
// whole undo file.
[[nodiscard]] Result<UndoContent> read_undo(BlockFile& undo);

// Durable when it returns.
[[nodiscard]] Result<void> set_undo_state(BlockFile& undo, const UndoHeader& header,
                                          UndoState state);

// Calls `visit` with the place in the image and the old bytes of each range, piece by piece.
[[nodiscard]] Result<void> each_old_piece(
    BlockFile& undo, const UndoContent& content,
    const std::function<Result<void>(uint64_t at, Bytes bytes)>& visit);

}  // namespace vde
