#include "crash/foreign_image.h"

#include <algorithm>

#include "crash/stage.h"
#include "format/region/wal_header.h"
#include "probe/probe.h"
#include "support/random_bytes.h"

namespace vde::test {

ImageEditor::ImageEditor(MemoryFile& file) : file_(file) {
  const Probe probe = must(probe_to_judge(file));
  block_size_ = probe.block_size;
  slots_ = probe.slots;
}

BlockRange ImageEditor::region(BlockType tag) const {
  for (const RegionSlot& slot : slots_)
    if (!slot.is_free() && slot.type == tag)
      return {static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)};
  throw MustFailure("no region " + to_string(tag));
}

MutableBytes ImageEditor::block(uint64_t number) const {
  return MutableBytes(file_.bytes()).subspan(number * block_size_, block_size_);
}

MutableBytes ImageEditor::payload(uint64_t number) {
  return block(number).first(payload_size(block_size_));
}

BlockType ImageEditor::tag_of(uint64_t number) const {
  return kTrailerLayout.decode(block(number).last(kTrailerSize)).type;
}

void ImageEditor::rehash(uint64_t number, uint32_t generation, std::optional<BlockType> tag) {
  write_trailer(block(number), tag ? *tag : tag_of(number), generation);
}

void ImageEditor::change_group(uint64_t group, const std::function<void(Superblock&)>& change) {
  Superblock superblock = kSuperblockLayout.decode(payload(group));
  change(superblock);
  kSuperblockLayout.encode(superblock, payload(group));
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    rehash(group + i, static_cast<uint32_t>(superblock.checkpoint_sequence), group_block_type(i));
}

void ImageEditor::forget_journal(bool clean) {
  const BlockRange journal = region(block_types::kMetadataWal);
  const MutableBytes header = payload(journal.begin);
  WalHeader wal = kWalHeaderLayout.decode(header);
  wal.clean = clean ? 1 : 0;
  wal.tail_offset = clean ? 0 : static_cast<int64_t>((journal.begin + 1) * block_size_ + 345);
  std::fill(header.begin(), header.end(), uint8_t{0});
  kWalHeaderLayout.encode(wal, header);
  rehash(journal.begin, 1, block_types::kMetadataWal);
}

void ImageEditor::overwrite_journal(uint64_t bytes) {
  const uint64_t begin = (region(block_types::kMetadataWal).begin + 1) * block_size_;
  Random random(7);
  fill_randomly(MutableBytes(file_.bytes()).subspan(begin, bytes), random);
}

}  // namespace vde::test
