// What opening for writing refuses, and its costs.
#include "image/volume.h"

#include <doctest/doctest.h>
#include <malloc.h>

#include "image/write_image.h"
#include "support/files/failing_file.h"
#include "support/files/sparse_file.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

void check_refused(ImageBuilder& image, ErrorCode code, std::string_view why) {
  const std::vector<uint8_t> before = image.bytes();
  const auto volume = try_open_volume(image.file(), kSomeOptions);
  REQUIRE_FALSE(volume.has_value());
  CHECK(volume.error().code == code);
  CHECK_MESSAGE(volume.error().message.find(why) != std::string::npos, volume.error().message);
  CHECK(image.bytes() == before);
}

CreateOptions options_of(uint64_t size, uint32_t block_size, uint64_t journal_size) {
  CreateOptions options;
  options.size = size;
  options.block_size = block_size;
  options.uuid.bytes[0] = 1;
  options.journal_size = journal_size;
  return options;
}

void make(BlockFile& file, const CreateOptions& options) {
  const Activity activity;
  must(write_image(file, must(plan_image(options)), activity));
}

// A record that sets `count` blocks from `first` on to the content of block `place`, like a commit
// with many after-images outside of the journal.
void leave_record(BlockFile& file, uint64_t place, uint64_t first, uint64_t count) {
  const Probe probe = must(probe_to_judge(file));
  const BlockIo io(file, probe.block_size);
  BlockBuffer image = io.make_buffer();
  image[0] = 1;
  must(io.write(place, block_types::kData, 2, image));
  JournalRecord record;
  record.head.epoch = 1;
  record.head.index = 1;
  record.head.base_sequence = 1;
  record.head.base_hash = group_hash(group_bytes(probe.primary), probe.block_size);
  Superblock superblock = probe.superblock;
  superblock.checkpoint_sequence = 2;
  kSuperblockLayout.encode(superblock, record.head.superblock);
  const Trailer after = kTrailerLayout.decode(Bytes(image).last(kTrailerSize));
  for (uint64_t i = 0; i < count; ++i) record.entries.push_back({first + i, place, {}, after});
  const BlockBuffer bytes = encode_record(record, superblock.uuid, probe.block_size, 2);
  const JournalArea area = must(find_journal(probe));
  must(write_journal_end(io, area, probe.superblock, 1, group_bytes(probe.group())));
  must(file.write(area.records().begin * probe.block_size, bytes));
}

}  // namespace

TEST_CASE("impossible counts are refused before they are used") {
  struct Change {
    int64_t Superblock::*field;
    int64_t value;
  };
  for (const Change& change :
       {Change{&Superblock::checkpoint_sequence, INT64_MAX},
        Change{&Superblock::checkpoint_sequence, -1}, Change{&Superblock::free_blocks, INT64_MIN},
        Change{&Superblock::free_blocks, 257},
        Change{&Superblock::total_allocated_blocks, INT64_MAX},
        Change{&Superblock::total_allocated_blocks, -1}, Change{&Superblock::total_blocks, 9},
        Change{&Superblock::total_blocks, 257}, Change{&Superblock::total_blocks, -1}}) {
    CAPTURE(change.value);
    ImageBuilder image({512, 256, kAllModules});
    image.superblock([&](Superblock& superblock) { superblock.*change.field = change.value; });
    if (change.field == &Superblock::checkpoint_sequence)
      for (uint64_t n = 0; n < 8; ++n) image.set_generation(n, static_cast<uint32_t>(change.value));
    check_refused(image, ErrorCode::kDamaged, "");
  }
}

TEST_CASE("regions that overlap, cover the superblocks or lie outside are refused") {
  struct Change {
    std::string_view type;
    int64_t start;
    int64_t count;
    std::string_view why;
  };
  for (const Change& change :
       {Change{"SNAP", 77, 4, "overlap"}, Change{"BMAP", 30, 1, "overlap"},
        Change{"INOD", 7, 1, "overlaps the superblocks"},
        Change{"CODE", 254, 3, "outside the volume"}, Change{"CODE", -1, 3, "outside the volume"},
        Change{"CODE", INT64_MAX, INT64_MAX, "outside the volume"}}) {
    CAPTURE(std::string(change.type));
    ImageBuilder image({512, 256, kAllModules});
    image.slot(image.slot_of(change.type), [&](RegionSlot& slot) {
      slot.start = change.start;
      slot.count = change.count;
    });
    check_refused(image, ErrorCode::kDamaged, change.why);
  }
}

TEST_CASE("an all-zero journal header is lost, with or without a trailer") {
  for (const bool with_trailer : {false, true}) {
    CAPTURE(with_trailer);
    ImageBuilder image;
    image.wipe(image.start("MWAL"));
    if (with_trailer) image.write(image.start("MWAL"), "MWAL", "");
    check_refused(image, ErrorCode::kDamaged, "header is all zero");
  }
}

TEST_CASE("a valid block of another region in the journal header's place is not overwritten") {
  ImageBuilder image;
  image.write(image.start("MWAL"), "TAGI", "010203");
  check_refused(image, ErrorCode::kDamaged, "another block is in the place");
}

TEST_CASE("a region within the data area, where the SDK puts one, is accepted") {
  ImageBuilder image({512, 256, kAllModules});
  image.slot(image.slot_of("SNAP"), [](RegionSlot& slot) { slot.start = 200; });
  static_cast<void>(open_volume(image.file()));
}

TEST_CASE("a journal of half a terabyte needs no more space, time or memory than one of 16 MiB") {
  SparseFile memory;
  make(memory, options_of(uint64_t{1} << 40, 4096, uint64_t{1} << 39));
  FailingFile file(memory);
  {
    const auto volume = open_volume(file);
    for (uint8_t i = 0; i < 3; ++i) static_cast<void>(commit_data(*volume, 3, i));
  }
  uint64_t taken = 0;
  for (const LoggedCall& call : file.log())
    if (call.call == FileCall::kAllocate) taken += call.bytes.length();
  CHECK(taken < 17 << 20);
  file.arm(std::nullopt);
  CHECK(must(read_label(file)).empty());
  must(open_volume(file)->close());
  CHECK(file.count(FileCall::kRead) < 20'000);
}

TEST_CASE("a reader keeps no after-images in memory") {
  SparseFile file;
  constexpr uint32_t kBlock = 65'536;
  make(file, options_of(uint64_t{4} << 30, kBlock, 64 * kBlock));
  constexpr uint64_t kPlace = 500;
  constexpr uint64_t kFirst = 1'000;
  constexpr uint64_t kCount = 3'000;
  leave_record(file, kPlace, kFirst, kCount);
  const auto before = mallinfo2();
  const auto view = must(committed_view(file));
  const auto after = mallinfo2();
  CHECK(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + (16 << 20));
  BlockBuffer block(kBlock);
  for (const uint64_t number : {kFirst, kFirst + kCount - 1}) {
    must(view->read(number * kBlock, block));
    CHECK(block[0] == 1);
    CHECK(must(view->next_data({number * kBlock, (number + 1) * kBlock})).begin == number * kBlock);
  }
  must(view->read((kFirst + kCount) * kBlock, block));
  CHECK(block[0] == 0);
}

TEST_CASE("false record headers do not cost a reading of the journal each") {
  ImageBuilder image({512, 9'000, "none"});
  const RegionSlot slot = image.slots()[image.slot_of("MWAL")];
  const auto first = static_cast<uint64_t>(slot.start);
  const auto count = static_cast<uint64_t>(slot.count);
  {
    const auto volume = open_volume(image.file());
    static_cast<void>(commit_data(*volume, 1, 1));
  }
  // Every block after the record starts one that claims the rest of the journal.
  for (uint64_t n = first + 10; n < first + count - 1; ++n) {
    const uint64_t left = first + count - 1 - n;
    RecordHead head;
    head.epoch = 1;
    head.index = 9;
    head.entry_count = static_cast<uint32_t>((left * 496 - 400) / 48);
    if (record_descriptor_blocks(head.entry_count, 512) > left) break;
    head.descriptor_blocks = static_cast<uint32_t>(record_descriptor_blocks(head.entry_count, 512));
    kRecordHeadLayout.encode(head, image.payload(n));
    write_trailer(image.block(n), block_types::kMetadataWal, 2);
  }
  FailingFile file(image.file());
  const auto view = committed_view(file);
  REQUIRE_FALSE(view.has_value());
  CHECK(view.error().code == ErrorCode::kDamaged);
  CHECK(file.count(FileCall::kRead) < 6 * count);
}
