#include "journal/journal_area.h"

#include <algorithm>

#include "base/checked.h"
#include "journal/faults.h"

namespace vde {
namespace {

// Header, mark block, and space for the smallest record.
constexpr uint64_t kMinBlocks = 8;

std::optional<JournalMark> mark_at(Bytes bytes, const Guid& uuid) {
  const auto mark = decode_journal_mark(bytes);
  return mark && mark->uuid == uuid ? mark : std::nullopt;
}

}  // namespace

Result<JournalArea> find_journal(const Probe& probe) {
  for (const RegionSlot& slot : probe.slots) {
    if (slot.is_free() || slot.type != block_types::kMetadataWal) continue;
    const auto range = block_range(slot.start, slot.count);
    if (!range || range->count() < kMinBlocks || range->end > probe.usable_blocks()) break;
    return JournalArea{*range, probe.block_size};
  }
  return fail(ErrorCode::kDamaged, "there is no journal region within the volume", kRunRepair);
}

Result<JournalHeader> read_journal_header(const BlockIo& io, const JournalArea& area,
                                          const Guid& uuid) {
  JournalHeader header;
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(last, io.read(area.last(), buffer));
  if (const auto mark = mark_at(last.bytes(), uuid)) {
    header.last_marked = true;
    header.last_epoch = mark->epoch;
  } else {
    const BlockState state = last.state();
    header.last_wiped = (state == BlockState::kValid || state == BlockState::kUnwritten) &&
                        all_zero(last.unchecked_payload());
  }
  VDE_TRY_ASSIGN(block, io.read(area.header(), buffer));
  const BlockState state = block.state();
  header.valid = state == BlockState::kValid;
  header.lost = all_zero(block.unchecked_payload());
  const WalHeader wal = kWalHeaderLayout.decode(block.unchecked_payload());
  header.clean = header.valid && wal.clean != 0;
  header.misplaced = header.valid && !header.lost &&
                     block.unchecked_trailer().type != block_types::kMetadataWal &&
                     (wal.type != kWalMetadata || wal.version != 1);
  // The mark has its own hash and lies in the first sector, so it survives a torn write.
  if (const auto mark = mark_at(block.bytes().subspan(kJournalMarkOffset), uuid)) {
    header.kind = HeaderKind::kOurs;
    header.epoch = mark->epoch;
  } else if (state != BlockState::kValid && state != BlockState::kUnwritten) {
    header.kind = HeaderKind::kTorn;
  }
  return header;
}

Result<uint64_t> highest_epoch(const BlockIo& io, BlockRange blocks) {
  uint64_t highest = 0;
  BlockBuffer buffer = io.make_buffer();
  while (!blocks.empty()) {
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of(blocks)));
    if (data.empty()) break;
    blocks.begin = data.begin / io.block_size();
    VDE_TRY_ASSIGN(block, io.read(blocks.begin++, buffer));
    const RecordHead head = kRecordHeadLayout.decode(block.unchecked_payload());
    if (head.mark == RecordHead{}.mark) highest = std::max(highest, head.epoch);
  }
  return highest;
}

BlockBuffer encode_journal_header(const JournalArea& area, const Superblock& superblock,
                                  uint64_t epoch) {
  BlockBuffer block(area.block_size);
  WalHeader wal = fresh_wal_header(static_cast<int64_t>(area.region.count()), superblock.created);
  wal.last_checkpoint = superblock.modified;
  kWalHeaderLayout.encode(wal, block);
  JournalMark mark;
  mark.epoch = epoch;
  mark.uuid = superblock.uuid;
  encode_journal_mark(mark, MutableBytes(block).subspan(kJournalMarkOffset));
  write_trailer(block, block_types::kMetadataWal,
                static_cast<uint32_t>(superblock.checkpoint_sequence));
  return block;
}

Result<void> write_journal_header(const BlockIo& io, const JournalArea& area,
                                  const Superblock& superblock, uint64_t epoch) {
  return io.file().write(area.header() * io.block_size(),
                         encode_journal_header(area, superblock, epoch));
}

Result<void> write_journal_end(const BlockIo& io, const JournalArea& area,
                               const Superblock& superblock, uint64_t epoch, Bytes group) {
  BlockBuffer end;
  if (area.keeps_group() && !fault(JournalFault::kGroupCopyLeft))
    end = encode_group_copy(group, io.block_size());
  BlockBuffer last = io.make_buffer();
  JournalMark mark;
  mark.epoch = epoch;
  mark.uuid = superblock.uuid;
  encode_journal_mark(mark, last);
  write_trailer(last, block_types::kMetadataWal,
                static_cast<uint32_t>(superblock.checkpoint_sequence));
  end.insert(end.end(), last.begin(), last.end());
  return io.file().write(area.region.end * io.block_size() - end.size(), end);
}

Result<void> wipe_journal_end(const BlockIo& io, const JournalArea& area,
                              const Superblock& superblock) {
  BlockBuffer block = io.make_buffer();
  return io.write(area.last(), block_types::kMetadataWal,
                  static_cast<uint32_t>(superblock.checkpoint_sequence), block);
}

}  // namespace vde
