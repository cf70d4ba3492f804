// Superblock groups and region tables of which no copy is left: they are made from the journal and
// from the blocks of the volume, and the repair names what has no source.
#include <doctest/doctest.h>

#include <algorithm>

#include "damage/repair/evidence_image.h"
#include "probe/probe.h"
#include "support/repair_image.h"
#include "support/strict_entries.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

ImageBuilder& wipe_all(ImageBuilder& image, std::initializer_list<uint64_t> blocks) {
  for (const uint64_t block : blocks) image.wipe(block);
  return image;
}

Superblock superblock_of(ImageBuilder& image) {
  const Probe probe = must(probe_to_judge(image.file()));
  REQUIRE(probe.superblock_source == SuperblockSource::kGroup);
  return probe.superblock;
}

std::string losses(const RepairPlan& plan) {
  std::string text;
  for (const RepairStep& step : plan.steps) text += step.loses;
  return text;
}

void check_only_notes(const std::vector<Finding>& left) {
  for (const Finding& finding : left)
    CHECK_MESSAGE(finding.kind->severity == Severity::kNote, finding.kind->code, finding.message);
}

}  // namespace

TEST_CASE("blocks that are gone in both groups become those of a new image, with consent") {
  ImageBuilder image;
  const std::vector<uint8_t> intact = image.bytes();
  wipe_all(image, {2, 3, 6, 7});
  check_needs_consent(image);
  const Repaired repaired = repair_and_back(image);
  CHECK(losses(repaired.plan) ==
        "the extended metadata, if it was not as in a new image; the integrity anchor, if it was "
        "not as in a new image");
  CHECK(image.bytes() == intact);
}

TEST_CASE("they need no consent if a trailer has the checksum of those of a new image") {
  ImageBuilder image;
  const std::vector<uint8_t> intact = image.bytes();
  for (const uint64_t block : {2u, 3u, 6u, 7u})
    std::ranges::fill(image.payload(block), uint8_t{0x5a});
  image.wipe(2).wipe(7);
  repair_and_back(image, without_consent());
  CHECK(image.bytes() == intact);
}

TEST_CASE("an anchor of zeros stays one if a trailer says so") {
  ImageBuilder image;
  for (const uint64_t block : {3u, 7u}) image.clear_payload(block).rehash(block);
  const std::vector<uint8_t> intact = image.bytes();
  for (const uint64_t block : {3u, 7u}) std::ranges::fill(image.payload(block), uint8_t{0x5a});
  repair_and_back(image, without_consent());
  CHECK(image.bytes() == intact);
}

TEST_CASE("one group comes from the blocks of both") {
  ImageBuilder image;
  const std::vector<uint8_t> intact = image.bytes();
  wipe_all(image, {0, 5, 6, 3});
  repair_and_back(image, without_consent());
  CHECK(image.bytes() == intact);
}

TEST_CASE("a lost superblock comes from the commit that was checkpointed last") {
  EvidenceImage image;
  const Superblock intact = superblock_of(image);
  const StrictEntries entries = entries_in(image);
  for (const uint64_t end : {1u, 8u}) {
    CAPTURE(end);
    ImageBuilder damaged(image.bytes(), image.block_size());
    damaged.wipe({0, end});
    damaged.wipe(4);
    const Repaired repaired = repair_and_back(damaged, end == 1 ? without_consent() : kSomeRepair);
    check_only_notes(repaired.left);
    Superblock found = superblock_of(damaged);
    CHECK(found == intact);
    CHECK(entries_in(damaged) == entries);
  }
}

TEST_CASE("a commit that is older than the groups says nothing about the superblock") {
  EvidenceImage image;
  const Superblock intact = superblock_of(image);
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup})
    for (uint64_t i = 1; i < kGroupBlocks; ++i)
      image.set_generation(group + i, static_cast<uint32_t>(intact.checkpoint_sequence) + 1);
  wipe_all(image, {0, 4});
  check_needs_consent(image);
  repair_and_back(image);
  CHECK(superblock_of(image).checkpoint_sequence > intact.checkpoint_sequence);
}

TEST_CASE("a lost superblock comes from the commits that wait, and they are applied") {
  ImageBuilder image({512, 256, kAllModules});
  const uint64_t block = leave_commits(image.file(), 2);
  wipe_all(image, {0, 4});
  const Repaired repaired = repair_and_back(image, without_consent());
  check_only_notes(repaired.left);
  CHECK(image.block(block)[0] == 2);
}

TEST_CASE("without a commit, each field of the superblock has its own source") {
  ImageBuilder image;
  image.superblock([](Superblock& superblock) {
    superblock.label = Text<64>{{'l', 'a', 'b', 'e', 'l'}};
    superblock.policy_version = 9;
  });
  const Superblock intact = superblock_of(image);
  wipe_all(image, {0, 4});
  check_needs_consent(image);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.left.empty());
  CHECK(losses(repaired.plan) ==
        "of the superblock, label, policies, module configuration, features that no region shows, "
        "and names of writers");
  const Superblock found = superblock_of(image);
  CHECK(found.uuid == intact.uuid);
  CHECK(found.created == intact.created);
  CHECK(found.module_manifest == intact.module_manifest);
  CHECK(found.inode_size == intact.inode_size);
  CHECK(found.total_blocks == intact.total_blocks);
  CHECK(found.expected_file_size == intact.expected_file_size);
  CHECK(found.free_blocks == intact.free_blocks);
  CHECK(found.total_allocated_blocks == intact.total_allocated_blocks);
  CHECK(found.label.view().empty());
}

TEST_CASE("fields that have no other source are taken from a damaged superblock") {
  ImageBuilder image;
  image.superblock([](Superblock& superblock) {
    superblock.label = Text<64>{{'l', 'a', 'b', 'e', 'l'}};
  });
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup})
    for (size_t i = 0; i < 8; ++i) image.patch(group, 0x38 + i, "5a");
  check_needs_consent(image);
  CHECK(repair_and_back(image).left.empty());
  CHECK(superblock_of(image).label.view() == "label");
  CHECK(superblock_of(image).total_blocks == 256);
}

TEST_CASE("groups and directory that are all gone come from the journal and the blocks") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 4096, "tags,snapshot,compute"});
    fill(image, 100);
    const StrictEntries entries = entries_in(image);
    const std::vector<RegionSlot> slots = image.slots();
    const Superblock intact = superblock_of(image);
    image.wipe({0, kFirstRegionBlock});
    check_needs_consent(image);
    const Repaired repaired = repair_and_back(image);
    check_only_notes(repaired.left);
    CHECK(entries_in(image) == entries);
    CHECK(superblock_of(image).label == intact.label);
    for (size_t i = 0; i < slots.size(); ++i) {
      CAPTURE(i);
      CHECK(image.slots()[i].type == slots[i].type);
      CHECK(image.slots()[i].start == slots[i].start);
      CHECK(image.slots()[i].count == slots[i].count);
    }
  }
}

TEST_CASE("the places of regions that were moved are found, and their old blocks are not") {
  ImageBuilder image({512, 4096, "tags,snapshot,compute"});
  fill(image, 100);
  add_tags(image, 100, 3000);
  const StrictEntries entries = entries_in(image);
  CHECK(image.start("TAGI") > image.start("SNAP"));
  image.wipe({0, kFirstRegionBlock});
  repair_and_back(image);
  CHECK(entries_in(image) == entries);
}

TEST_CASE("a file is not extended to a size that only the superblock names") {
  for (const int64_t total : {int64_t{1} << 20, int64_t{1} << 40}) {
    CAPTURE(total);
    ImageBuilder image;
    image.superblock([&](Superblock& superblock) {
      superblock.total_blocks = total;
      superblock.expected_file_size = total * 4096;
    });
    Activity activity;
    const RepairPlan plan = must(plan_repair(image.file(), kSomeRepair, activity));
    CHECK(plan.new_size == plan.old_size);
  }
}

TEST_CASE("a file that was cut short is extended, and what is left of its tags is kept") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  image.bytes().resize((image.start("TAGI") + 3) * 512);
  check_needs_consent(image);
  const Repaired repaired = repair_and_back(image);
  check_only_notes(repaired.left);
  CHECK(image.bytes().size() == 4096 * 512);
  const StrictEntries left = entries_in(image);
  CHECK(!left.tags.empty());
  CHECK(std::ranges::all_of(left.tags, [&](const strict::Tag& tag) {
    return std::ranges::find(entries.tags, tag) != entries.tags.end();
  }));
}

TEST_CASE("groups are made from the journal's copy if its commits cannot be applied") {
  ImageBuilder image({512, 256, kAllModules});
  const std::vector<uint8_t> base(image.bytes().begin(), image.bytes().begin() + 4 * 512);
  const uint64_t block = leave_commits(image.file(), 3);
  image.write(block, "DATA", "11").set_generation(block, 100);
  for (uint64_t n = 1; n < 8; ++n) std::ranges::fill(image.block(n), uint8_t{0xa5});
  SUBCASE("nothing is left of them") {
    std::ranges::fill(image.block(0), uint8_t{0xa5});
    repair_and_back(image);
    CHECK(superblock_of(image).uuid == kSuperblockLayout.decode(base).uuid);
  }
  SUBCASE("another program wrote block 0 later") {
    image.superblock_of(0, [](Superblock& superblock) { superblock.checkpoint_sequence += 5; });
    const int64_t sequence = kSuperblockLayout.decode(image.block(0)).checkpoint_sequence;
    repair_and_back(image);
    CHECK(superblock_of(image).checkpoint_sequence >= sequence);
  }
  for (const uint64_t n : {2u, 3u})
    CHECK(std::ranges::equal(image.payload(n), Bytes(base).subspan(n * 512, payload_size(512))));
}
