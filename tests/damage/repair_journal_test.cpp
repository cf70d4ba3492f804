// Repair of images in whose journal commits wait: they go home as far as they are intact, and what
// must not be replayed is given up by name.
#include <doctest/doctest.h>

#include "support/crafted_journal.h"
#include "support/repair_image.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Three commits wait: a new block of data of ones, then of twos, then of threes.
struct WaitingImage {
  WaitingImage() : image({512, 256, kAllModules}) {
    const auto volume = open_volume(image.file());
    block = commit_data(*volume, 1, 1).begin;
    commit_change(*volume, {block, block + 1}, 2);
    commit_change(*volume, {block, block + 1}, 3);
  }

  // Repairs it and takes it back; what is left are no findings, and the plan's losses.
  std::string repair() {
    const Repaired repaired = repair_and_back(image);
    for (const Finding& left : repaired.left) CHECK(left.kind->severity == Severity::kNote);
    std::string loses;
    for (const RepairStep& step : repaired.plan.steps) loses += step.loses;
    return loses;
  }

  [[nodiscard]] uint8_t content() { return image.block(block)[0]; }
  // The first block of the journal's record area; a record of N images takes N + 1 blocks.
  [[nodiscard]] uint64_t records() { return image.start("MWAL") + 1; }

  ImageBuilder image;
  uint64_t block = 0;
};

}  // namespace

TEST_CASE("commits that wait are taken home, and wait again after undo") {
  WaitingImage waiting;
  CHECK(verified(waiting.image.file()).codes == std::vector<std::string>{"MWAL-004", "BMAP-007"});
  CHECK(waiting.repair() == "");
  CHECK(waiting.content() == 3);
}

TEST_CASE("before a damaged record the intact ones count, and the loss of the others is named") {
  WaitingImage waiting;
  waiting.image.flip(waiting.records() + 3, 30);
  CHECK(verified(waiting.image.file()).codes == std::vector<std::string>{"MWAL-005"});
  CHECK(waiting.repair() == "the commits behind the damaged one in the journal");
  CHECK(waiting.content() == 1);
}

TEST_CASE("without its first record a journal is given up, and the image stays as it was") {
  WaitingImage waiting;
  waiting.image.flip(waiting.records(), 30);
  CHECK_FALSE(waiting.repair().empty());
  CHECK(waiting.content() == 0);
}

TEST_CASE("before a record that names what it must not the others count, and the loss is named") {
  ImageBuilder image({512, 256, kAllModules});
  CraftedJournal journal(image);
  journal.add({{200, 0, journal.sealed(block_types::kData, 1)}});
  const uint64_t bad = journal.add({{201, 0, journal.sealed(block_types::kData, 2)},
                                    {journal.next(), 0, journal.sealed(block_types::kData, 3)}});
  CHECK(verified(image.file()).codes == std::vector<std::string>{"MWAL-005"});
  CHECK(verified(image.file()).findings.front().block == bad);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.left.empty());
  CHECK(repaired.plan.steps.front().loses == "the commits behind the damaged one in the journal");
  CHECK(image.block(200)[0] == 1);
  CHECK(image.block(201)[0] == 0);
}

TEST_CASE("what another program wrote over waiting commits stays") {
  WaitingImage home;
  home.image.write(home.block, "DATA", "77");
  CHECK_FALSE(home.repair().empty());
  CHECK(home.content() == 0x77);

  WaitingImage group;
  group.image.superblock([](Superblock& superblock) { superblock.policy_version = 9; });
  CHECK_FALSE(group.repair().empty());
  CHECK(probe_to_judge(group.image.file())->superblock.policy_version == 9);
}

TEST_CASE("a damaged group or directory under waiting commits is repaired, and no commit is lost") {
  for (const uint64_t damaged : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u}) {
    CAPTURE(damaged);
    WaitingImage waiting;
    waiting.image.flip(damaged, 40);
    CHECK(waiting.repair() == "");
    CHECK(waiting.content() == 3);
  }
}
