// Repair of images with commits in the journal: intact commits are applied, and commits that cannot
// be applied are discarded and reported as lost.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "support/crafted_journal.h"
#include "support/repair_image.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Three commits in the journal: a new data block of ones, then of twos, then of threes.
struct WaitingImage {
  WaitingImage() : image({4096, 256, kAllModules}), block(leave_commits(image.file(), 3)) {}

  // Repairs the image and undoes that. Checks that no finding is left; returns the losses in the
  // plan.
  std::string repair() {
    const Repaired repaired = repair_and_back(image);
    for (const Finding& left : repaired.left) CHECK(left.kind->severity == Severity::kNote);
    std::string loses;
    for (const RepairStep& step : repaired.plan.steps) loses += step.loses;
    return loses;
  }

  [[nodiscard]] uint8_t content() { return image.block(block)[0]; }
  // The first block of the journal's record area; a record with N after-images takes N + 1 blocks.
  [[nodiscard]] uint64_t records() { return image.start("MWAL") + 1; }

  ImageBuilder image;
  uint64_t block;
};

}  // namespace

TEST_CASE("commits are applied, and are in the journal again after undo") {
  WaitingImage waiting;
  CHECK(verified(waiting.image.file()).codes == std::vector<std::string>{"MWAL-004", "BMAP-007"});
  CHECK(waiting.repair() == "");
  CHECK(waiting.content() == 3);
}

TEST_CASE(
    "intact records before a damaged one are applied, and the loss of the others is reported") {
  WaitingImage waiting;
  waiting.image.flip(waiting.records() + 3, 30);
  CHECK(verified(waiting.image.file()).codes == std::vector<std::string>{"MWAL-005"});
  CHECK(waiting.repair() == "the commits after the damaged one in the journal");
  CHECK(waiting.content() == 1);
}

TEST_CASE("a journal without its first record is discarded, and the image does not change") {
  WaitingImage waiting;
  waiting.image.flip(waiting.records(), 30);
  CHECK_FALSE(waiting.repair().empty());
  CHECK(waiting.content() == 0);
}

TEST_CASE("records before one with a forbidden target are applied, and the loss is reported") {
  ImageBuilder image({512, 256, kAllModules});
  CraftedJournal journal(image);
  journal.add({{200, 0, journal.valid_block(block_types::kData, 1)}});
  const uint64_t bad =
      journal.add({{201, 0, journal.valid_block(block_types::kData, 2)},
                   {journal.next(), 0, journal.valid_block(block_types::kData, 3)}});
  CHECK(verified(image.file()).codes == std::vector<std::string>{"MWAL-005"});
  CHECK(verified(image.file()).findings.front().block == bad);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.left.empty());
  CHECK(repaired.plan.steps.front().loses == "the commits after the damaged one in the journal");
  CHECK(image.block(200)[0] == 1);
  CHECK(image.block(201)[0] == 0);
}

TEST_CASE("later changes of another program are not overwritten by commits") {
  WaitingImage home;
  home.image.write(home.block, "DATA", "77");
  write_trailer(home.image.block(home.block), block_types::kData, 1000);
  CHECK_FALSE(home.repair().empty());
  CHECK(home.content() == 0x77);

  WaitingImage group;
  group.image.superblock([](Superblock& superblock) { superblock.policy_version = 9; });
  CHECK_FALSE(group.repair().empty());
  CHECK(probe_to_judge(group.image.file())->superblock.policy_version == 9);
}

TEST_CASE("commits are applied although a block to overwrite is damaged and its checksum fits") {
  WaitingImage waiting;
  const uint64_t bitmap = waiting.image.start("BMAP");
  waiting.image.flip(bitmap, 20).rehash(bitmap);
  CHECK(verified(waiting.image.file()).codes.front() == "MWAL-005");
  CHECK(waiting.repair() == "");
  CHECK(waiting.content() == 3);
}

TEST_CASE("a copy of a block of the journal in the place of a commit is no other program's") {
  for (const uint64_t from : {0u, 3u}) {
    CAPTURE(from);
    WaitingImage waiting;
    const auto bitmap = waiting.image.block(waiting.image.start("BMAP"));
    std::ranges::copy(waiting.image.block(waiting.records() + from), bitmap.begin());
    CHECK(waiting.repair() == "");
    CHECK(waiting.content() == 3);
  }
}

TEST_CASE("an older block in the place of a commit is named as lost, unless it is elsewhere") {
  WaitingImage waiting;
  waiting.image.write(waiting.block, "DATA", "77");
  CHECK(waiting.repair() ==
        fmt::format("what is in block {}, which belongs to another place", waiting.block));
  CHECK(waiting.content() == 3);
}

TEST_CASE("a damaged group or directory is repaired without losing commits in the journal") {
  for (const uint64_t damaged : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u}) {
    CAPTURE(damaged);
    WaitingImage waiting;
    waiting.image.flip(damaged, 40);
    CHECK(waiting.repair() == "");
    CHECK(waiting.content() == 3);
  }
}

TEST_CASE("of two intact groups the one that the commits are based on is kept") {
  for (const uint64_t table : {kPrimaryGroup + 1, kMirrorGroup + 1}) {
    CAPTURE(table);
    WaitingImage waiting;
    waiting.image.slot_in(table, 4, [](RegionSlot& slot) { ++slot.count; });
    waiting.image.flip(kDirectoryStart, 40);
    CHECK(waiting.repair() == "");
    CHECK(waiting.content() == 3);
  }
}

TEST_CASE("a repair that leaves commits in the journal can be undone") {
  WaitingImage waiting;
  ImageBuilder& image = waiting.image;
  // Without consent nothing after the groups is repaired, but a bit is found and flipped back.
  image.write(2, "DATA", "77");
  image.flip(image.start("CODE"), 100, 3);
  RepairOptions options = without_consent();
  options.verify.search_seconds = 1;
  const RepairPlan plan = repair_and_back(image, options).plan;
  CHECK(plan.steps.size() == 1);
  CHECK_FALSE(plan.withheld.empty());
  const std::vector<std::string> codes = verified(image.file()).codes;
  CHECK(std::ranges::find(codes, "MWAL-004") != codes.end());
}

TEST_CASE(
    "a block of something else in the journal's last place is overwritten only with consent") {
  ImageBuilder image({512, 256, kAllModules});
  const uint64_t last =
      image.start("MWAL") + static_cast<uint64_t>(image.slots()[image.slot_of("MWAL")].count) - 1;
  image.write(last, "DATA", "77").flip(image.start("MWAL"), 0);
  const RepairPlan plan = check_needs_consent(image);
  REQUIRE_FALSE(plan.withheld.empty());
  CHECK(plan.withheld[0].loses ==
        fmt::format("what is in block {}, which is not the journal's", last));
  std::vector<uint64_t> listed;
  RepairOptions options = kSomeRepair;
  options.lost = [&](const LostEntry& entry) -> Result<void> {
    listed.push_back(entry.block.value_or(0));
    return {};
  };
  Activity activity;
  must(plan_repair(image.file(), options, activity));
  CHECK(listed == std::vector{last});
  repair_and_back(image);
}
