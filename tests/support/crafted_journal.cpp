#include "support/crafted_journal.h"

#include <algorithm>

#include "probe/group.h"

namespace vde::test {

CraftedJournal::CraftedJournal(ImageBuilder& image)
    : image_(image), next_(image.start("MWAL") + 1) {
  const Bytes header = image.block(next_ - 1);
  epoch_ = decode_journal_mark(header.subspan(kJournalMarkOffset)).value().epoch;
}

BlockBuffer CraftedJournal::valid_block(BlockType tag, uint8_t fill) const {
  BlockBuffer block(image_.block_size(), fill);
  write_trailer(block, tag, 1);
  return block;
}

RecordHead CraftedJournal::make_head(const std::function<void(Superblock&)>& change) {
  Superblock superblock = kSuperblockLayout.decode(image_.block(0));
  RecordHead head;
  head.epoch = epoch_;
  head.index = ++records_;
  head.base_sequence = superblock.checkpoint_sequence;
  head.base_hash = group_hash(Bytes(image_.bytes()).first(kGroupBlocks * image_.block_size()),
                              image_.block_size());
  head.previous = previous_;
  head.seal = seal_;
  superblock.checkpoint_sequence += records_;
  change(superblock);
  kSuperblockLayout.encode(superblock, head.superblock);
  return head;
}

void CraftedJournal::put(uint64_t number, Bytes block) {
  if (number < blocks()) std::ranges::copy(block, image_.block(number).begin());
}

uint64_t CraftedJournal::add(const std::vector<CraftedEntry>& entries,
                             const std::function<void(Superblock&)>& change) {
  const uint64_t first = next_;
  JournalRecord record{make_head(change), {}, {}};
  for (const CraftedEntry& entry : entries) {
    const Trailer before = entry.target < blocks() ? image_.trailer(entry.target) : Trailer{};
    record.entries.push_back({entry.target, entry.place, before,
                              kTrailerLayout.decode(Bytes(entry.image).last(kTrailerSize))});
  }
  const Guid uuid = kSuperblockLayout.decode(image_.block(0)).uuid;
  const std::vector<uint8_t> meta = encode_record(record, uuid, image_.block_size(), 1);
  for (const CraftedEntry& entry : entries)
    if (entry.place != 0) put(entry.place, entry.image);
  for (size_t at = 0; at < meta.size(); at += image_.block_size())
    put(next_++, Bytes(meta).subspan(at, image_.block_size()));
  for (const CraftedEntry& entry : entries)
    if (entry.place == 0) put(next_++, entry.image);
  previous_ = record.head.checksum;
  return first;
}

}  // namespace vde::test
