// Damage whose original is found and proved by its checksum: afterwards the file is what it was,
// byte for byte.
#include "damage/exact/exact_image.h"

#include <algorithm>
#include <set>

#include "format/region_content.h"
#include "probe/probe.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

// The finding about block `number`.
std::string message_of(ImageBuilder& image, uint64_t number) {
  const Verified result = verified(image.file(), {VerifyScope::kAll, 1, 10});
  for (const Finding& finding : result.findings)
    if (finding.block == number) return finding.message;
  return {};
}

// The first and the last written block of each region but the data area.
std::set<uint64_t> outer_blocks(ImageBuilder& image, const Probe& probe) {
  std::set<uint64_t> blocks;
  const auto data_area = data_area_slot(probe.slots, probe.superblock.module_manifest);
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    if (slot.is_free() || i == data_area) continue;
    std::vector<uint64_t> written;
    for (int64_t n = slot.start; n < slot.start + slot.count; ++n)
      if (!all_zero(image.block(static_cast<uint64_t>(n))))
        written.push_back(static_cast<uint64_t>(n));
    if (!written.empty()) blocks.insert({written.front(), written.back()});
  }
  return blocks;
}

bool may_be_written(const Probe& probe) {
  return std::ranges::all_of(probe.slots, [](const RegionSlot& slot) {
    return slot.is_free() || (slot.is_plain() && (slot.flags & kRegionWorm) == 0);
  });
}

// Repairs `damaged`, which was `sound`.
void check_restored(ImageBuilder& image, const std::vector<uint8_t>& sound) {
  const RepairPlan plan = repair_exactly(image);
  check_lossless(plan);
  CHECK(image.bytes() == sound);
}

}  // namespace

TEST_CASE("a flipped bit in any block is found, named and undone") {
  for (const uint32_t size : {512u, 4096u}) {
    FullImage image(size);
    const std::vector<uint8_t> sound = image.bytes();
    const auto before = verified(image.file()).codes;
    Random random(size);
    for (const uint64_t number : image.written_blocks()) {
      CAPTURE(size);
      CAPTURE(number);
      const auto byte = random.below(payload_size(size));
      const auto bit = static_cast<unsigned>(random.below(8));
      image.flip(number, byte, bit);
      CHECK(message_of(image, number)
                .find("bit " + std::to_string(bit) + " of byte " + std::to_string(byte) +
                      " of the payload is flipped") != std::string::npos);
      check_restored(image, sound);
      CHECK(verified(image.file()).codes == before);
      image.bytes() = sound;
    }
  }
}

TEST_CASE(
    "one flipped bit in each region of a sample is undone, and the file is the sample again") {
  Random random(11);
  Share share(test_effort());
  size_t blocks = 0;
  for (const std::string& name : all_vector_names()) {
    const std::vector<uint8_t> sound = vector_image(name);
    MemoryFile file(sound);
    const Probe probe = must(probe_image(file));
    // Some samples are damaged, and nothing is written to images with WORM regions.
    if (verified(file).complains() || !may_be_written(probe)) continue;
    ImageBuilder image(sound, probe.block_size);
    for (const uint64_t number : outer_blocks(image, probe)) {
      if (!share.takes_next()) continue;
      CAPTURE(name);
      CAPTURE(number);
      ++blocks;
      image.flip(number, random.below(payload_size(probe.block_size)), 6);
      check_restored(image, sound);
      image.bytes() = sound;
    }
  }
  MESSAGE(blocks, " blocks of samples");
  CHECK(blocks > scaled(300, std::min(1.0, test_effort())));
}

TEST_CASE("a wrong byte and a flipped bit of the checksum are undone in any block") {
  FullImage image(512);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(1);
  for (const uint64_t number : image.written_blocks()) {
    CAPTURE(number);
    image.block(number)[random.below(payload_size(512))] ^= 0xA5;
    check_restored(image, sound);
    image.bytes() = sound;
    image.flip(number, 504 + random.below(8), static_cast<unsigned>(random.below(8)));
    check_restored(image, sound);
    image.bytes() = sound;
  }
}

TEST_CASE("bits flipped in many blocks at once, in both groups and the directory, are all undone") {
  FullImage image(4096);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(2);
  for (const uint64_t number : image.written_blocks()) {
    // Something has to say that this is an image, and of what block size.
    if (number == 0) continue;
    image.flip(number, random.below(payload_size(4096)), 3);
  }
  check_restored(image, sound);
}

TEST_CASE("any sector of either group, and one of each, are put back from the other copy") {
  FullImage image(4096);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(3);
  constexpr size_t kSectors = 4096 / 512;
  const auto lose = [&](uint64_t block, size_t sector) {
    spoil(image, block, sector * 512, 512, random);
  };
  for (uint64_t block = 0; block < 8; ++block)
    for (size_t sector = 0; sector < kSectors; ++sector) {
      lose(block, sector);
      check_restored(image, sound);
      image.bytes() = sound;
    }
  for (uint64_t block = 0; block < 4; ++block)
    for (size_t one = 0; one < kSectors; ++one)
      for (size_t two = 0; two < kSectors; ++two) {
        // The last sector has the checksum: one copy of it must be there.
        if (one == two) continue;
        CAPTURE(block);
        CAPTURE(one);
        CAPTURE(two);
        lose(block, one);
        lose(block + 4, two);
        check_restored(image, sound);
        image.bytes() = sound;
      }
}

TEST_CASE("sampled pairs of sectors, of one copy or of both, are put back at every block size") {
  Random random(12);
  for (const uint32_t size : {1024u, 8192u, 65536u}) {
    FullImage image(size);
    const std::vector<uint8_t> sound = image.bytes();
    const uint64_t sectors = size / 512;
    for (uint64_t i = 0; i < scaled(size > 8192 ? 4 : 20); ++i) {
      const uint64_t block = random.below(8);
      const uint64_t other = random.below(2) == 0 ? block : (block + 4) % 8;
      const uint64_t one = random.below(sectors);
      const uint64_t two = (one + 1 + random.below(sectors - 1)) % sectors;
      CAPTURE(size);
      CAPTURE(block);
      CAPTURE(one);
      CAPTURE(two);
      spoil(image, block, one * 512, 512, random);
      spoil(image, other, two * 512, 512, random);
      check_restored(image, sound);
      image.bytes() = sound;
    }
  }
}

TEST_CASE("the sector that is wrong in a group's copy is named") {
  FullImage image(4096);
  Random random(4);
  spoil(image, 2, 5 * 512, 512, random);
  CHECK(message_of(image, 2).find("sector 5 of the primary group's copy is wrong") !=
        std::string::npos);
}

TEST_CASE("the pointer table is in three places, and block 9 has its checksum too") {
  FullImage image(4096);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(5);
  spoil_payload(image, 1, random);
  spoil_payload(image, 5, random);
  check_restored(image, sound);
  image.bytes() = sound;
  spoil(image, 8, 0, 4096, random);
  check_restored(image, sound);
  image.bytes() = sound;
  spoil_payload(image, 9, random);
  check_restored(image, sound);
}

TEST_CASE("a superblock that is damaged in both groups comes from the recovery footer") {
  const std::vector<uint8_t> sound = vector_image("recovery-footer");
  ImageBuilder image(sound, 4096);
  Random random(13);
  SUBCASE("the checksums are there") {
    for (const uint64_t block : {0u, 4u}) spoil_payload(image, block, random);
    check_restored(image, sound);
  }
  SUBCASE("nothing is there, but the other blocks are of the footer's sequence") {
    for (const uint64_t block : {0u, 4u}) spoil(image, block, 0, 4096, random);
    check_restored(image, sound);
  }
  SUBCASE("the footer is older than the groups") {
    for (uint64_t block = 0; block < 8; ++block) image.set_generation(block, 2);
    for (const uint64_t block : {0u, 4u}) spoil(image, block, 0, 4096, random);
    const std::vector<uint8_t> damaged = image.bytes();
    repair_exactly(image);
    CHECK(image.bytes() == damaged);
  }
}

TEST_CASE("a sector of garbage where zeros were is zeros again") {
  FullImage image(4096);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(6);
  for (const char* region : {"TAGI", "CODE", "SNAP", "BMAP", "INOD"}) {
    CAPTURE(region);
    spoil(image, image.start(region), 6 * 512, 512, random);
    check_restored(image, sound);
    image.bytes() = sound;
  }
}

TEST_CASE("what follows from other structures is restored from them, whatever is left of it") {
  FullImage image(4096);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(7);
  for (const char* region : {"BMAP", "INOD"}) {
    CAPTURE(region);
    spoil_payload(image, image.start(region), random);
    check_restored(image, sound);
    image.bytes() = sound;
  }
}

TEST_CASE("a block that lies elsewhere in the image, as a region's old place, is found there") {
  FullImage image(4096);
  Random random(8);
  const uint64_t leaf = image.start("TAGI") + 1;
  std::ranges::copy(image.block(leaf), image.block(230).begin());
  const std::vector<uint8_t> sound = image.bytes();
  spoil_payload(image, leaf, random);
  check_restored(image, sound);
}

TEST_CASE("an image that is sealed stays so, where everything becomes as it was") {
  FullImage image(4096);
  const Opaque<32> seal{1, 2, 3};
  for (const uint64_t block : {0u, 4u}) {
    std::ranges::copy(seal, image.block(block).begin() + header_seal_offset(4096));
    image.rehash(block);
  }
  const std::vector<uint8_t> sound = image.bytes();
  image.flip(image.start("TAGI") + 1, 20);
  check_restored(image, sound);
  // Any other repair has to clear it.
  image.flip(image.start("TAGI") + 1, 20).flip(image.start("TAGI") + 1, 30);
  Activity activity;
  RepairOptions options = kExactRepair;
  options.allow_loss = true;
  const auto plan = plan_repair(image.file(), options, activity);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().message == "the image is sealed");
}

TEST_CASE("a repair that must not look for anything leaves what only that would find") {
  FullImage image(4096);
  image.flip(200, 20);
  RepairOptions options = kExactRepair;
  options.verify.search_seconds = 0;
  CHECK(repair_exactly(image, options).steps.empty());
}

TEST_CASE("when the time is used up, the blocks that were not tried are counted") {
  FullImage image(4096);
  Random random(9);
  for (uint64_t block = 210; block < 220; ++block) spoil_payload(image, block, random);
  const Verified result = verified(image.file(), {VerifyScope::kAll, 1, 0.1});
  REQUIRE(result.summary.not_checked.size() == 1);
  CHECK(result.summary.not_checked[0].find("wrong bits, bytes and sectors in ") !=
        std::string::npos);
  // With time enough nothing is left untried, and nothing is found.
  CHECK(verified(image.file(), {VerifyScope::kAll, 1, 60}).summary.not_checked.empty());
}

TEST_CASE("the number of threads changes nothing in what is found") {
  FullImage image(512);
  Random random(10);
  for (uint64_t block = 200; block < 230; ++block) image.flip(block, random.below(496));
  const auto messages = [&](unsigned jobs) {
    std::vector<std::string> all;
    for (const Finding& finding : verified(image.file(), {VerifyScope::kAll, jobs, 0.02}).findings)
      all.push_back(finding.message);
    return all;
  };
  CHECK(messages(1) == messages(4));
}
