#include "journal/survey.h"

#include <doctest/doctest.h>

#include "support/faulty_file.h"
#include "support/image_builder.h"

using namespace vde;
using namespace vde::test;

namespace {

Survey survey_of(BlockFile& file) {
  Result<Survey> survey = survey_image(file, false);
  REQUIRE(survey.has_value());
  return std::move(*survey);
}

// Raises one group to checkpoint sequence 2.
void make_newer(ImageBuilder& image, uint64_t group) {
  image.superblock_of(group, [](Superblock& superblock) { superblock.checkpoint_sequence = 2; });
  for (uint64_t i = 0; i < kGroupBlocks; ++i) image.set_generation(group + i, 2);
}

}  // namespace

TEST_CASE("the block size is found at all sizes, from either group or from the directory alone") {
  for (uint32_t block_size = kMinBlockSize; block_size <= kMaxBlockSize; block_size *= 2) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 256, "tags"});
    Survey survey = survey_of(image.file());
    CHECK(survey.block_size == block_size);
    CHECK(survey.superblock_source == SuperblockSource::kGroup);
    CHECK(survey.superblock_block == 0);
    CHECK(survey.directory.whole);

    for (uint64_t block = 0; block < 4; ++block) image.wipe(block);
    survey = survey_of(image.file());
    CHECK(survey.block_size == block_size);
    CHECK(survey.superblock_source == SuperblockSource::kGroup);
    CHECK(survey.superblock_block == 4);

    for (uint64_t block = 4; block < 8; ++block) image.wipe(block);
    survey = survey_of(image.file());
    CHECK(survey.block_size == block_size);
    CHECK(survey.superblock_source == SuperblockSource::kNone);
    CHECK(survey.slot_source == SlotSource::kDirectory);
    CHECK(survey.slots.size() == slots_per_block(block_size));
    CHECK(survey.slots[3].tag == tags::kBitmap);
  }
}

TEST_CASE("a block size that block 0 lies about is not believed") {
  ImageBuilder image;
  image.superblock_of(0, [](Superblock& superblock) { superblock.block_size = 512; });
  const Survey survey = survey_of(image.file());
  CHECK(survey.block_size == 4096);
  CHECK(survey.superblock_block == 4);
}

TEST_CASE("of two whole groups the newer one counts") {
  ImageBuilder mirror;
  make_newer(mirror, kMirrorGroup);
  CHECK(survey_of(mirror.file()).superblock_block == 4);
  CHECK(survey_of(mirror.file()).superblock.checkpoint_sequence == 2);
  ImageBuilder primary;
  make_newer(primary, kPrimaryGroup);
  CHECK(survey_of(primary.file()).superblock_block == 0);
}

TEST_CASE("a whole group counts more than a newer one that is not") {
  ImageBuilder image;
  make_newer(image, kPrimaryGroup);
  image.flip(2, 0);
  const Survey survey = survey_of(image.file());
  CHECK(survey.superblock_block == 4);
  CHECK(survey.superblock.checkpoint_sequence == 1);
  CHECK(survey.superblock_source == SuperblockSource::kGroup);
}

TEST_CASE("where no group is whole, a superblock that verifies counts, and the directory's slots") {
  ImageBuilder image;
  image.flip(0, 8).flip(6, 0);
  const Survey survey = survey_of(image.file());
  CHECK(survey.superblock_source == SuperblockSource::kBlock);
  CHECK(survey.superblock_block == 4);
  CHECK(survey.superblock_verified());
  CHECK(survey.slot_source == SlotSource::kDirectory);
  CHECK(survey.anchor == IntegrityAnchor{});
}

TEST_CASE("without directory and whole group, a pointer table that verifies gives the slots") {
  ImageBuilder image;
  image.flip(2, 0).flip(6, 0).flip(8, 0).flip(1, 0);
  const Survey survey = survey_of(image.file());
  CHECK(survey.slot_source == SlotSource::kPointerTable);
  CHECK(survey.slots[3].tag == tags::kBitmap);
}

TEST_CASE("unreadable sectors in the fixed blocks are no reason to give up") {
  ImageBuilder image;
  FaultyFile primary(image.file(), 4096, {0, 1, 2, 3});
  CHECK(survey_of(primary).superblock_block == 4);
  FaultyFile both(image.file(), 4096, {0, 1, 2, 3, 4, 5, 6, 7});
  const Survey survey = survey_of(both);
  CHECK(survey.slot_source == SlotSource::kDirectory);
  CHECK_FALSE(survey.primary.blocks[0].readable);
  CHECK(survey.primary.blocks[0].read_error == "Input/output error");
}

TEST_CASE("what nothing vouches for is shown only where that is asked for") {
  ImageBuilder image;
  for (uint64_t block = 0; block < 10; ++block) image.clear_trailer(block);
  const auto strict = survey_image(image.file(), false);
  REQUIRE_FALSE(strict.has_value());
  CHECK(strict.error().code == ErrorCode::kUnsupported);
  CHECK(strict.error().message ==
        "has the DWVD signature, but no superblock or directory in it verifies");
  const auto tolerant = survey_image(image.file(), true);
  REQUIRE(tolerant.has_value());
  CHECK(tolerant->superblock_source == SuperblockSource::kUnverified);
  CHECK(tolerant->slot_source == SlotSource::kUnverified);
  CHECK_FALSE(tolerant->verified());
  CHECK(tolerant->superblock.total_blocks == 256);
}

TEST_CASE("what is no image is told from one of another version") {
  const auto error_of = [](BlockFile& file) { return survey_image(file, true).error(); };
  MemoryFile empty;
  CHECK(error_of(empty).message == "is empty");
  MemoryFile tiny(std::vector<uint8_t>(511));
  CHECK(error_of(tiny).message == "not a DWVD image: it is too short");
  MemoryFile zeros(std::vector<uint8_t>(1 << 20));
  CHECK(error_of(zeros).message == "not a DWVD image: no superblock or directory in it verifies");

  ImageBuilder image;
  image.superblock([](Superblock& superblock) { superblock.min_reader_version = 3; });
  CHECK(error_of(image.file()).code == ErrorCode::kUnsupported);
  CHECK(error_of(image.file()).message == "the image asks for a reader of version 3 or later");
}

TEST_CASE("block numbers are held against the file and the volume, whichever is smaller") {
  ImageBuilder image;
  image.bytes().resize(300 * 4096 + 5);
  Survey survey = survey_of(image.file());
  CHECK(survey.blocks_in_file() == 300);
  CHECK(survey.usable_blocks() == 256);
  image.bytes().resize(200 * 4096 + 4095);
  survey = survey_of(image.file());
  CHECK(survey.usable_blocks() == 200);
}

TEST_CASE("the data area is the last slot tagged DATA") {
  std::vector<RegionSlot> slots(5);
  CHECK_FALSE(data_area_slot(slots).has_value());
  slots[1].tag = tags::kData;
  CHECK(data_area_slot(slots) == 1);
  slots[3].tag = tags::kData;
  CHECK(data_area_slot(slots) == 3);
}

TEST_CASE("an image with features that nobody knows is looked over, and not used") {
  ImageBuilder image;
  image.superblock([](Superblock& superblock) { superblock.incompatible_features = 8; });
  CHECK(survey_to_use(image.file()).has_value());
  image.superblock([](Superblock& superblock) { superblock.incompatible_features = 0xA08; });
  CHECK(survey_of(image.file()).superblock.incompatible_features == 0xA08);
  const auto refused = survey_to_use(image.file());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kUnsupported);
  CHECK(refused.error().message == "uses unknown incompatible features (bit 9, 11)");
}
