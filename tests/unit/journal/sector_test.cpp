// Disks whose sectors are larger than a block: what a record, the journal's end and a recovery hold
// against writes that destroy a whole sector.
#include <doctest/doctest.h>

#include "image/write_image.h"
#include "journal/committed_view.h"
#include "support/check_clean.h"
#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr ImageShape kShape{512, 256, kAllModules};

JournalArea area_of(BlockFile& file) {
  return must(find_journal(must(probe_to_judge(file))));
}

JournalRecord first_record(BlockFile& file) {
  const JournalArea area = area_of(file);
  const BlockIo io(file, 512);
  const Guid uuid = must(probe_to_judge(file)).superblock.uuid;
  return must(record_at(io, area.room().begin, area.room().count(), uuid)).value();
}

void destroy(ImageBuilder& image, BlockRange blocks) {
  for (uint64_t number = blocks.begin; number < blocks.end; ++number)
    std::ranges::fill(image.block(number), static_cast<uint8_t>(0xa5 + number));
}

// The first byte of a block as a reader sees it.
uint8_t shown_byte(BlockFile& file, uint64_t number) {
  const auto view = must(view_committed(file, must(probe_to_judge(file))));
  std::vector<uint8_t> block(512);
  must(view.file->read(number * 512, block));
  return block[0];
}

}  // namespace

TEST_CASE("the journal of a new image begins and ends with a sector") {
  for (const uint32_t block_size : {512u, 1024u, 2048u, 4096u})
    for (const uint64_t blocks : {256u, 700u, 9000u}) {
      CAPTURE(block_size);
      CAPTURE(blocks);
      ImageBuilder image({block_size, blocks, kAllModules});
      const JournalArea area = area_of(image.file());
      CHECK(area.has_sectors());
      CHECK(area.region.begin * block_size % 4096 == 0);
      CHECK(area.region.end * block_size % 4096 == 0);
      CHECK(area.keeps_group() == (block_size == 512));
      check_clean(image.file());
    }
}

TEST_CASE("a record has the whole sector of each target") {
  ImageBuilder image(kShape);
  const auto volume = open_volume(image.file());
  const BlockRange run = commit_data(*volume, 1, 1);
  must(volume->close());
  commit_change(*volume, run, 2);
  const JournalRecord record = first_record(image.file());
  // The block of data, and what shares its sector; the superblock is in the record's head.
  const BlockRange sector = sector_of(run.begin, 8);
  REQUIRE(record.entries.size() == 8);
  CHECK(record.head.inline_images < 8);
  for (uint64_t i = 0; i < 8; ++i) {
    const RecordEntry& entry = record.entries[i];
    CAPTURE(i);
    CHECK(entry.target == sector.begin + i);
    if (entry.target == run.begin) continue;
    const bool unwritten = all_zero(image.block(entry.target));
    CHECK(entry.is_hole() == unwritten);
    CHECK(entry.before == entry.after);
    CHECK(entry.before == image.trailer(entry.target));
    CHECK(entry.place == (unwritten ? entry.target : 0));
  }
}

TEST_CASE("a damaged neighbour is not in the record, and stays as it is") {
  ImageBuilder image(kShape);
  const auto volume = open_volume(image.file());
  const BlockRange run = commit_data(*volume, 2, 1);
  must(volume->close());
  image.flip(run.begin + 1, 100);
  const std::vector<uint8_t> damaged(image.block(run.begin + 1).begin(),
                                     image.block(run.begin + 1).end());
  commit_change(*volume, {run.begin, run.begin + 1}, 2);
  for (const RecordEntry& entry : first_record(image.file()).entries)
    CHECK(entry.target != run.begin + 1);
  must(volume->close());
  CHECK(std::ranges::equal(image.block(run.begin + 1), damaged));
}

TEST_CASE("a destroyed sector is restored, blocks that were never written included") {
  ImageBuilder image(kShape);
  BlockRange run;
  {
    const auto volume = open_volume(image.file());
    run = commit_data(*volume, 2, 1);
    must(volume->close());
    commit_change(*volume, {run.begin, run.begin + 1}, 2);
  }
  destroy(image, sector_of(run.begin, 8));
  CHECK(shown_byte(image.file(), run.begin) == 2);
  CHECK(shown_byte(image.file(), run.begin + 1) == 1);
  CHECK(shown_byte(image.file(), run.begin + 2) == 0);
  must(open_volume(image.file())->close());
  CHECK(image.block(run.begin)[0] == 2);
  CHECK(image.block(run.begin + 1)[0] == 1);
  CHECK(all_zero(image.block(run.begin + 2)));
  check_clean(image.file());
}

TEST_CASE("while commits wait, the blocks before the last one hold the group that they change") {
  ImageBuilder image(kShape);
  const std::vector<uint8_t> base(image.bytes().begin(), image.bytes().begin() + 4 * 512);
  const auto volume = open_volume(image.file());
  commit_data(*volume, 1, 1);
  const BlockRange copy = group_copy_blocks(area_of(image.file()).region);
  CHECK(copy == BlockRange{75, 79});
  for (uint64_t i = 0; i < 4; ++i) {
    CHECK(std::ranges::equal(image.payload(copy.begin + i),
                             Bytes(base).subspan(i * 512, payload_size(512))));
    CHECK(image.trailer(copy.begin + i).type == block_types::kMetadataWal);
    CHECK(image.trailer(copy.begin + i).generation == image.trailer(0).generation);
  }
  // It does not count any more once the last block has no mark.
  must(volume->close());
  destroy(image, {0, 8});
  CHECK_FALSE(must(probe_to_judge(image.file())).has_group());
}

TEST_CASE("if both groups are destroyed while commits wait, the copy takes their place") {
  ImageBuilder image(kShape);
  const uint64_t block = leave_commits(image.file(), 3);
  destroy(image, {0, 8});
  const Probe probe = must(probe_to_judge(image.file()));
  CHECK(probe.superblock_source == SuperblockSource::kCopy);
  CHECK(probe.superblock_block == 75);
  const Probe streamed = must(probe_image(image.file(), GroupCopy::kIgnored));
  CHECK_FALSE(streamed.superblock_verified());
  CHECK(streamed.slot_source == SlotSource::kDirectory);
  CHECK(shown_byte(image.file(), block) == 3);
  must(open_volume(image.file())->close());
  CHECK(image.block(block)[0] == 3);
  CHECK(std::ranges::equal(Bytes(image.bytes()).first(4 * 512),
                           Bytes(image.bytes()).subspan(4 * 512, 4 * 512)));
  check_clean(image.file());
}

TEST_CASE("the copy does not take the place of a group that another program wrote later") {
  ImageBuilder image(kShape);
  const uint64_t block = leave_commits(image.file(), 3);
  destroy(image, {1, 8});
  SUBCASE("block 0 is that of the base") {
    must(open_volume(image.file())->close());
    CHECK(image.block(block)[0] == 3);
  }
  SUBCASE("block 0 is older") {
    image.set_generation(0, 0);
    must(open_volume(image.file())->close());
    CHECK(image.block(block)[0] == 3);
  }
  SUBCASE("block 0 is newer") {
    image.set_generation(0, 100);
    const std::vector<uint8_t> before = image.bytes();
    CHECK(try_open_volume(image.file()).error().code == ErrorCode::kDamaged);
    CHECK(image.bytes() == before);
  }
  SUBCASE("block 0 has other content") {
    image.patch(0, 400, "ff").rehash(0);
    CHECK(try_open_volume(image.file()).error().code == ErrorCode::kDamaged);
  }
}

TEST_CASE("a copy of another epoch or another volume is not used") {
  ImageBuilder image(kShape);
  leave_commits(image.file(), 3);
  destroy(image, {0, 8});
  const JournalArea area = area_of(image.file());
  SUBCASE("the header has another epoch") {
    JournalMark mark;
    mark.epoch = 7;
    mark.uuid = must(probe_to_judge(image.file())).superblock.uuid;
    encode_journal_mark(mark, image.block(area.header()).subspan(kJournalMarkOffset));
  }
  SUBCASE("the last block has no mark") {
    image.wipe(area.last());
  }
  SUBCASE("a block of the copy is damaged") {
    image.flip(area.last() - 2, 9);
  }
  CHECK_FALSE(must(probe_to_judge(image.file())).has_group());
}

TEST_CASE("records that an earlier version let follow each other directly are replayed") {
  ImageBuilder image(kShape);
  const uint64_t block = leave_commits(image.file(), 2);
  const JournalArea area = area_of(image.file());
  // Moves the first record to where earlier versions began, and the second one to its end.
  const JournalRecord first = first_record(image.file());
  const uint64_t size = first.head.descriptor_blocks + first.head.inline_images;
  const uint64_t second = area.next_record(area.room().begin + size);
  std::vector<uint8_t> records(
      image.bytes().begin() + static_cast<ptrdiff_t>(area.room().begin * 512),
      image.bytes().begin() + static_cast<ptrdiff_t>((area.room().begin + size) * 512));
  records.insert(records.end(), image.bytes().begin() + static_cast<ptrdiff_t>(second * 512),
                 image.bytes().begin() + static_cast<ptrdiff_t>(area.region.end * 512) - 5 * 512);
  image.wipe(area.room());
  std::ranges::copy(records,
                    image.bytes().begin() + static_cast<ptrdiff_t>((area.region.begin + 1) * 512));
  CHECK(shown_byte(image.file(), block) == 2);
  must(open_volume(image.file())->close());
  CHECK(image.block(block)[0] == 2);
}

TEST_CASE("of a direct write, only whole sectors are written before the commit") {
  ImageBuilder image(kShape);
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const BlockRange run = must(volume->allocator().allocate(transaction, 20));
  BlockBuffer blocks(20 * 512, 7);
  must(transaction.write_direct(run.begin, block_types::kData, blocks));
  const BlockRange whole = whole_sectors(run, 8);
  REQUIRE(whole.count() >= 8);
  for (uint64_t number = run.begin; number < run.end; ++number) {
    CAPTURE(number);
    CHECK(all_zero(image.block(number)) == !whole.contains(number));
    CHECK(must(transaction.read(number, block_types::kData))[0] == 7);
  }
  must(volume->commit(transaction));
  must(volume->close());
  for (uint64_t number = run.begin; number < run.end; ++number) CHECK(image.block(number)[0] == 7);
  check_clean(image.file());
}

TEST_CASE("blocks that are written directly one by one are written when their sector is complete") {
  ImageBuilder image(kShape);
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const BlockRange run = must(volume->allocator().allocate(transaction, 24));
  const BlockRange whole = whole_sectors(run, 8);
  BlockBuffer block(512, 7);
  for (uint64_t number = whole.begin; number < whole.begin + 8; ++number) {
    CHECK(all_zero(image.block(whole.begin)));
    must(transaction.write_direct(number, block_types::kData, block));
  }
  for (uint64_t number = whole.begin; number < whole.begin + 8; ++number)
    CHECK(image.block(number)[0] == 7);
}

TEST_CASE("in the last sector of a file that is shorter than the volume, there are no neighbours") {
  ImageBuilder image({512, 260, kAllModules});
  {
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    transaction.superblock().total_blocks = 264;
    fill_block(transaction, 258, 1);
    must(volume->commit(transaction));
  }
  for (const RecordEntry& entry : first_record(image.file()).entries) CHECK(entry.target < 260);
}
