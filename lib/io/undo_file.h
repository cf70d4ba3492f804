// The undo file: the bytes that a repair or a healing overwrites. This is vdetool's own file, not
// part of the format in docs/FORMAT.md. It has three parts:
//
//   sector 0 (512 bytes)  header, with its own checksum
//   sector 1              state: whether the change is under way, done, or being reverted; it is
//                         rewritten in place, and a torn sector means "under way"
//   from byte 1024 on     the table of ranges, 16 bytes each, then their old bytes
#pragma once

#include <optional>
#include <vector>

#include "format/field.h"
#include "vde/undo.h"

namespace vde {

enum class UndoState : uint32_t {
  kUnderWay = 0,   // the image may be in any state between old and new
  kDone = 1,       // the image is in the new state
  kReverting = 2,  // any state between the two again
};

struct UndoHeader {
  Text<8> mark{{'V', 'D', 'E', 'U', 'N', 'D', 'O', '1'}};
  Guid uuid;              // of the volume
  uint64_t old_size = 0;  // of the file, bytes
  uint64_t new_size = 0;  // after the change
  uint64_t old_hash = 0;  // of the ranges before
  uint64_t new_hash = 0;  // and after
  int64_t sequence = 0;   // checkpoint sequence after the change
  uint64_t journal = 0;   // first byte of the journal, and the byte after its last
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

// The content of an undo file. The ranges are in bytes of the image, ascending and disjoint. For
// ranges that extend past the old end of the image, the file holds only the bytes before that end.
struct UndoContent {
  UndoHeader header;
  std::vector<ByteRange> ranges;
  UndoState state = UndoState::kUnderWay;
};

// The part of `range` within a file of `size` bytes.
[[nodiscard]] ByteRange clipped(ByteRange range, uint64_t size);

// The ranges for what was `written`. An undo restores the superblock groups and the journal in a
// fixed order, so no range reaches across their borders. `journal` is in blocks.
[[nodiscard]] std::vector<ByteRange> undo_ranges(const std::vector<ByteRange>& written,
                                                 uint32_t block_size,
                                                 const std::optional<BlockRange>& journal);

// A hash of the bytes in `ranges`, clipped to `size`, and of `size`.
[[nodiscard]] Result<uint64_t> hash_ranges(BlockFile& file, const std::vector<ByteRange>& ranges,
                                           uint64_t size);

// Writes the header, the state kUnderWay, the ranges, and the current bytes of `image` in them.
// Fills in the fields of `header` that follow from the image and the ranges. Then publishes the
// file and reads it back.
[[nodiscard]] Result<UndoContent> publish_undo(UndoTarget& target, BlockFile& image,
                                               UndoHeader header,
                                               const std::vector<ByteRange>& ranges);

// Reads everything except the old bytes, and checks their hash. kMalformed if it is not a complete
// undo file.
[[nodiscard]] Result<UndoContent> read_undo(BlockFile& undo);

// Writes and syncs the state.
[[nodiscard]] Result<void> set_undo_state(BlockFile& undo, const UndoHeader& header,
                                          UndoState state);

// Calls `visit` with the position in the image and the old bytes of each range, in pieces.
[[nodiscard]] Result<void> each_old_piece(
    BlockFile& undo, const UndoContent& content,
    const std::function<Result<void>(uint64_t at, Bytes bytes)>& visit);

}  // namespace vde
