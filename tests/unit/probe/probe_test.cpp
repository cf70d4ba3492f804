#include "probe/probe.h"

#include <doctest/doctest.h>

#include "format/preamble.h"
#include "support/files/failing_file.h"
#include "support/files/faulty_file.h"
#include "support/image_builder.h"

using namespace vde;
using namespace vde::test;

namespace {

Probe probe_of(BlockFile& file) {
  Result<Probe> probe = probe_to_judge(file);
  REQUIRE(probe.has_value());
  return std::move(*probe);
}

// Why a file cannot be checked; the probe itself does not fail.
std::optional<Error> problem_of(BlockFile& file) {
  Result<Probe> probe = probe_image(file);
  REQUIRE(probe.has_value());
  return probe->problem;
}

// Raises one group to checkpoint sequence 2.
void make_newer(ImageBuilder& image, uint64_t group) {
  image.superblock_of(group, [](Superblock& superblock) { superblock.checkpoint_sequence = 2; });
  for (uint64_t i = 0; i < kGroupBlocks; ++i) image.set_generation(group + i, 2);
}

}  // namespace

TEST_CASE("every block size is found, from either group or only from the directory") {
  for (uint32_t block_size = kMinBlockSize; block_size <= kMaxBlockSize; block_size *= 2) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 256, "tags"});
    Probe probe = probe_of(image.file());
    CHECK(probe.block_size == block_size);
    CHECK(probe.superblock_source == SuperblockSource::kGroup);
    CHECK(probe.superblock_block == 0);
    CHECK(probe.directory.whole);

    image.wipe({0, 4});
    probe = probe_of(image.file());
    CHECK(probe.block_size == block_size);
    CHECK(probe.superblock_source == SuperblockSource::kGroup);
    CHECK(probe.superblock_block == 4);

    image.wipe({4, 8});
    probe = probe_of(image.file());
    CHECK(probe.block_size == block_size);
    CHECK(probe.superblock_source == SuperblockSource::kNone);
    CHECK(probe.slot_source == SlotSource::kDirectory);
    CHECK(probe.slots.size() == slots_per_block(block_size));
    CHECK(probe.slots[3].type == block_types::kBitmap);
  }
}

TEST_CASE("a wrong block size in block 0 is not trusted") {
  ImageBuilder image;
  image.superblock_of(0, [](Superblock& superblock) { superblock.block_size = 512; });
  const Probe probe = probe_of(image.file());
  CHECK(probe.block_size == 4096);
  CHECK(probe.superblock_block == 4);
}

TEST_CASE("of two intact groups the newer one counts") {
  ImageBuilder mirror;
  make_newer(mirror, kMirrorGroup);
  CHECK(probe_of(mirror.file()).superblock_block == 4);
  CHECK(probe_of(mirror.file()).superblock.checkpoint_sequence == 2);
  ImageBuilder primary;
  make_newer(primary, kPrimaryGroup);
  CHECK(probe_of(primary.file()).superblock_block == 0);
}

TEST_CASE("an intact group has priority over a newer damaged one") {
  ImageBuilder image;
  make_newer(image, kPrimaryGroup);
  image.flip(2, 0);
  const Probe probe = probe_of(image.file());
  CHECK(probe.superblock_block == 4);
  CHECK(probe.superblock.checkpoint_sequence == 1);
  CHECK(probe.superblock_source == SuperblockSource::kGroup);
}

TEST_CASE("without an intact group, a valid superblock and the directory's slots are used") {
  ImageBuilder image;
  image.flip(0, 8).flip(6, 0);
  const Probe probe = probe_of(image.file());
  CHECK(probe.superblock_source == SuperblockSource::kBlock);
  CHECK(probe.superblock_block == 4);
  CHECK(probe.superblock_verified());
  CHECK(probe.slot_source == SlotSource::kDirectory);
  CHECK(probe.anchor == IntegrityAnchor{});
}

TEST_CASE("without a directory and an intact group, a valid pointer table has the slots") {
  ImageBuilder image;
  image.flip(2, 0).flip(6, 0).flip(8, 0).flip(1, 0);
  const Probe probe = probe_of(image.file());
  CHECK(probe.slot_source == SlotSource::kPointerTable);
  CHECK(probe.slots[3].type == block_types::kBitmap);
}

TEST_CASE("unreadable sectors in the fixed blocks do not stop the probe") {
  ImageBuilder image;
  FaultyFile primary(image.file(), 4096, {0, 1, 2, 3});
  CHECK(probe_of(primary).superblock_block == 4);
  FaultyFile both(image.file(), 4096, {0, 1, 2, 3, 4, 5, 6, 7});
  const Probe probe = probe_of(both);
  CHECK(probe.slot_source == SlotSource::kDirectory);
  CHECK_FALSE(probe.primary.blocks[0].readable);
  CHECK(probe.primary.blocks[0].read_error == "Input/output error");
}

TEST_CASE("the blocks at fixed places are read at once") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 256, "tags"});
    FailingFile file(image.file());
    CHECK(probe_of(file).superblock_source == SuperblockSource::kGroup);
    CHECK(file.count(FileCall::kRead) == 1);
  }
}

TEST_CASE("if they cannot be read at once, they are read one by one") {
  ImageBuilder image;
  FailingFile file(image.file(), Failure{FileCall::kRead, 1, false, ErrorCode::kIo, false});
  const Probe probe = probe_of(file);
  CHECK(file.failures() == 1);
  CHECK(file.count(FileCall::kRead) > kFirstRegionBlock);
  CHECK(probe.primary.whole);
  CHECK(probe.mirror.whole);
  CHECK(probe.directory.whole);

  FaultyFile last(image.file(), 4096, {9});
  const Probe without = probe_of(last);
  CHECK(without.primary.whole);
  CHECK(without.mirror.whole);
  CHECK(without.directory.blocks[0].readable);
  CHECK_FALSE(without.directory.blocks[1].readable);
  CHECK_FALSE(without.directory.whole);
}

TEST_CASE("without a valid fixed block, a valid block of the first regions shows the block size") {
  for (const uint32_t block_size : {512u, 4096u, 65536u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 256, "tags"});
    image.wipe({0, kFirstRegionBlock});
    const Probe probe = probe_of(image.file());
    CHECK_FALSE(probe.problem.has_value());
    CHECK(probe.has_region_block);
    CHECK(probe.block_size == block_size);
    CHECK(probe.superblock_source == SuperblockSource::kNone);
    CHECK(probe.slot_source == SlotSource::kNone);
  }
}

TEST_CASE("unverified fields are shown only on request") {
  ImageBuilder image;
  for (uint64_t block = 0; block < 13; ++block) image.clear_trailer(block);
  const auto strict = probe_to_judge(image.file());
  REQUIRE_FALSE(strict.has_value());
  CHECK(strict.error().code == ErrorCode::kNotAnImage);
  CHECK(strict.error().message ==
        "has the DWVD signature, but no valid superblock or region directory");
  const auto tolerant = probe_to_show(image.file());
  REQUIRE(tolerant.has_value());
  CHECK(tolerant->superblock_source == SuperblockSource::kUnverified);
  CHECK(tolerant->slot_source == SlotSource::kUnverified);
  CHECK_FALSE(tolerant->verified());
  CHECK(tolerant->superblock.total_blocks == 256);
}

TEST_CASE("a probe of another file reports that it is not an image, and what it holds") {
  ImageBuilder sound;
  CHECK_FALSE(problem_of(sound.file()).has_value());
  MemoryFile empty;
  CHECK(problem_of(empty)->code == ErrorCode::kNotAnImage);
  MemoryFile tiny(std::vector<uint8_t>(511));
  CHECK(problem_of(tiny)->code == ErrorCode::kNotAnImage);
  MemoryFile text(std::vector<uint8_t>(5000, 'x'));
  CHECK(problem_of(text)->code == ErrorCode::kNotAnImage);

  for (uint64_t block = 0; block < 13; ++block) sound.clear_trailer(block);
  const auto damaged = probe_image(sound.file());
  REQUIRE(damaged.has_value());
  REQUIRE(damaged->problem.has_value());
  CHECK(damaged->problem->code == ErrorCode::kNotAnImage);
  CHECK(damaged->superblock_source == SuperblockSource::kUnverified);
  CHECK(damaged->superblock.total_blocks == 256);

  ImageBuilder later;
  later.superblock([](Superblock& superblock) { superblock.min_reader_version = 3; });
  const auto unknown = probe_image(later.file());
  REQUIRE(unknown.has_value());
  REQUIRE(unknown->problem.has_value());
  CHECK(unknown->problem->code == ErrorCode::kUnsupported);
  CHECK(unknown->superblock_source == SuperblockSource::kGroup);
}

TEST_CASE("boot code before the volume is a problem, with a valid header or not") {
  for (const bool whole : {true, false}) {
    CAPTURE(whole);
    ImageBuilder image;
    std::vector<uint8_t> bytes(8192);
    PreambleHeader header;
    header.total_size = header.volume_offset = bytes.size();
    kPreambleHeaderLayout.encode(header, bytes);
    header.checksum = whole ? preamble_checksum(bytes) : 1;
    kPreambleHeaderLayout.encode(header, bytes);
    bytes.insert(bytes.end(), image.bytes().begin(), image.bytes().end());
    MemoryFile file(bytes);
    const auto problem = problem_of(file);
    REQUIRE(problem.has_value());
    CHECK(problem->code == ErrorCode::kNotAnImage);
    CHECK(problem->message.find("boot code") != std::string::npos);
  }
}

TEST_CASE("an unreadable file is not reported as \"not an image\"") {
  ImageBuilder image;
  FailingFile file(image.file(), Failure{FileCall::kRead, 1, true, ErrorCode::kIo, false});
  const auto problem = problem_of(file);
  REQUIRE(problem.has_value());
  CHECK(problem->code == ErrorCode::kIo);
}

TEST_CASE("a file that is not an image is distinguished from an image of another version") {
  const auto error_of = [](BlockFile& file) { return probe_to_show(file).error(); };
  MemoryFile empty;
  CHECK(error_of(empty).message == "not a DWVD image (file is empty)");
  MemoryFile tiny(std::vector<uint8_t>(511));
  CHECK(error_of(tiny).message == "not a DWVD image (file too short)");
  MemoryFile zeros(std::vector<uint8_t>(1 << 20));
  CHECK(error_of(zeros).message == "not a DWVD image (no valid superblock or region directory)");

  ImageBuilder image;
  image.superblock([](Superblock& superblock) { superblock.min_reader_version = 3; });
  CHECK(error_of(image.file()).code == ErrorCode::kUnsupported);
  CHECK(error_of(image.file()).message == "needs a reader of version 3 or later");
}

TEST_CASE("block numbers are checked against the smaller of file and volume") {
  ImageBuilder image;
  image.bytes().resize(300 * 4096 + 5);
  Probe probe = probe_of(image.file());
  CHECK(probe.blocks_in_file() == 300);
  CHECK(probe.usable_blocks() == 256);
  image.bytes().resize(200 * 4096 + 4095);
  probe = probe_of(image.file());
  CHECK(probe.usable_blocks() == 200);
}

TEST_CASE("the data area is the last slot of type DATA") {
  std::vector<RegionSlot> slots(5);
  CHECK_FALSE(data_area_slot(slots, 0).has_value());
  slots[1].type = block_types::kData;
  CHECK(data_area_slot(slots, 0) == 1);
  slots[3].type = block_types::kData;
  CHECK(data_area_slot(slots, 0) == 3);
}

TEST_CASE("an image with unknown features is probed, but not used") {
  ImageBuilder image;
  image.superblock([](Superblock& superblock) { superblock.incompatible_features = 8; });
  CHECK(probe_to_use(image.file()).has_value());
  image.superblock([](Superblock& superblock) { superblock.incompatible_features = 0xA08; });
  CHECK(probe_of(image.file()).superblock.incompatible_features == 0xA08);
  const auto refused = probe_to_use(image.file());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kUnsupported);
  CHECK(refused.error().message == "uses unsupported features (bit 9, 11)");
}
