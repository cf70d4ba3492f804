#include "probe/group_copy.h"

#include <algorithm>

#include "base/checked.h"
#include "format/journal_record.h"
#include "format/sector.h"

namespace vde {
namespace {

// Fewer would leave too little for records.
constexpr uint64_t kMinSectors = 8;

std::optional<JournalMark> mark_in(const BlockIo& io, uint64_t number, uint32_t offset) {
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read(number, buffer);
  if (!block) return std::nullopt;
  return decode_journal_mark(block->bytes().subspan(offset));
}

std::optional<GroupProbe> decode_group_copy(const BlockIo& io, BlockRange blocks) {
  GroupProbe group;
  for (uint64_t i = 0; i < kGroupBlocks; ++i) {
    FixedBlock& block = group.blocks[i];
    block.number = blocks.begin + i;
    block.bytes = io.make_buffer();
    const auto found = io.read_checked(block.number, block_types::kMetadataWal, block.bytes);
    if (!found) return std::nullopt;
    const uint32_t generation = found->trailer().generation;
    write_trailer(block.bytes, group_block_type(i), generation);
    block.readable = true;
    block.state = BlockState::kValid;
    block.trailer = kTrailerLayout.decode(Bytes(block.bytes).last(kTrailerSize));
    if (generation != group.blocks[0].trailer.generation) return std::nullopt;
  }
  const Superblock superblock = kSuperblockLayout.decode(group.blocks[0].payload());
  if (superblock.signature != Superblock{}.signature ||
      superblock.block_size != static_cast<int64_t>(io.block_size()))
    return std::nullopt;
  group.superblock = superblock;
  group.whole = true;
  return group;
}

}  // namespace

bool has_whole_sectors(BlockRange journal, uint32_t block_size) {
  const uint64_t sector = blocks_per_sector(block_size);
  return whole_sectors(journal, sector) == journal &&
         (sector == 1 || journal.count() >= kMinSectors * sector);
}

BlockBuffer encode_group_copy(Bytes group, uint32_t block_size) {
  BlockBuffer copy(group.begin(), group.end());
  for (size_t at = 0; at < copy.size(); at += block_size) {
    const MutableBytes block = MutableBytes(copy).subspan(at, block_size);
    const Trailer trailer = kTrailerLayout.decode(Bytes(block).last(kTrailerSize));
    write_trailer(block, block_types::kMetadataWal, trailer.generation);
  }
  return copy;
}

std::optional<GroupProbe> find_group_copy(const BlockIo& io, const std::vector<RegionSlot>& slots,
                                          uint64_t blocks_in_file) {
  if (!groups_share_sector(io.block_size())) return std::nullopt;
  const auto slot = std::ranges::find_if(slots, [](const RegionSlot& candidate) {
    return !candidate.is_free() && candidate.type == block_types::kMetadataWal;
  });
  if (slot == slots.end()) return std::nullopt;
  const auto journal = block_range(slot->start, slot->count);
  if (!journal || journal->end > blocks_in_file || !has_whole_sectors(*journal, io.block_size()))
    return std::nullopt;
  const auto header = mark_in(io, journal->begin, kJournalMarkOffset);
  const auto last = mark_in(io, journal->end - 1, 0);
  if (!header || header != last) return std::nullopt;
  auto copy = decode_group_copy(io, group_copy_blocks(*journal));
  if (!copy || copy->superblock->uuid != last->uuid) return std::nullopt;
  return copy;
}

}  // namespace vde
