// Blocks of other structures in the places of the superblock groups and the region directory: they
// are moved back, or overwritten only with consent.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "damage/repair/evidence_image.h"
#include "support/crafted_journal.h"
#include "support/repair_image.h"
#include "support/strict_entries.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kFixedPlaces[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

struct Foreign {
  std::string_view name;
  std::function<uint64_t(ImageBuilder&)> block;
};

std::function<uint64_t(ImageBuilder&)> in_region(std::string_view type, uint64_t index) {
  return [=](ImageBuilder& image) { return image.start(type) + index; };
}

const std::vector<Foreign>& foreign_blocks() {
  static const std::vector<Foreign> kBlocks = {
      {"first block of the snapshots", in_region("SNAP", 0)},
      {"snapshots", in_region("SNAP", 2)},
      {"first block of the modules", in_region("CODE", 0)},
      {"modules", in_region("CODE", 1)},
      {"header of the tag index", in_region("TAGI", 0)},
      {"root of the tag tree", in_region("TAGI", kTagRoot)},
      {"leaf", [](ImageBuilder& image) { return leaf_of(image, 1); }},
      {"bitmap", in_region("BMAP", 0)},
      {"inode layout", in_region("INOD", 0)},
      {"header of the journal", in_region("MWAL", 0)},
      {"bytes of a module",
       [](ImageBuilder& image) {
         return static_cast<uint64_t>(modules_in(image.file()).front().first_block);
       }},
  };
  return kBlocks;
}

RepairOptions consent_is(bool consent) {
  RepairOptions options = kSomeRepair;
  options.allow_loss = consent;
  return options;
}

void swap_blocks(ImageBuilder& image, uint64_t one, uint64_t other) {
  std::ranges::swap_ranges(image.block(one), image.block(other));
}

void copy_block(ImageBuilder& image, uint64_t from, uint64_t to) {
  std::ranges::copy(image.block(from), image.block(to).begin());
}

std::vector<uint8_t> payload_at(ImageBuilder& image, uint64_t block) {
  const Bytes payload = image.payload(block);
  return {payload.begin(), payload.end()};
}

void check_nothing_lost_with(ImageBuilder& image, const RepairOptions& options) {
  const RepairPlan plan = repair_and_back(image, options).plan;
  CHECK(plan.withheld.empty());
  CHECK(plan.lost == LostCounts{});
  for (const Finding& finding : verified(image.file()).findings)
    CHECK_MESSAGE(finding.kind->severity == Severity::kNote, finding.kind->code, finding.message);
}

// Calls `check` for each fixed place and each foreign block, with and without consent.
void each_case(const std::function<void(ImageBuilder& image, uint64_t place, uint64_t block,
                                        const RepairOptions& options)>& check) {
  EvidenceImage image;
  const std::vector<uint8_t> sound = image.bytes();
  for (const uint64_t place : kFixedPlaces)
    for (const Foreign& foreign : foreign_blocks())
      for (const bool consent : {false, true}) {
        CAPTURE(place);
        CAPTURE(foreign.name);
        CAPTURE(consent);
        image.bytes() = sound;
        check(image, place, foreign.block(image), consent_is(consent));
      }
}

}  // namespace

TEST_CASE("a block that changed places with one of a group or of the directory goes back exactly") {
  each_case([](ImageBuilder& image, uint64_t place, uint64_t block, const RepairOptions& options) {
    const std::vector<uint8_t> sound = image.bytes();
    // Of a module's bytes no repair exists but this one.
    const bool is_data = block >= image.start("DATA");
    swap_blocks(image, place, block);
    if (!is_data)
      for (const Finding& finding : verified(image.file()).findings)
        CHECK_MESSAGE(finding.fixable, finding.kind->code, finding.message);
    check_nothing_lost_with(image, options);
    CHECK(image.bytes() == sound);
  });
}

TEST_CASE("a block whose own place is the only damaged one of its region goes back there") {
  constexpr void (*kDamages[])(ImageBuilder&, uint64_t) = {
      [](ImageBuilder& image, uint64_t block) { image.wipe(block); },
      [](ImageBuilder& image, uint64_t block) {
        std::ranges::fill(image.block(block), uint8_t{0xa5});
      },
      [](ImageBuilder& image, uint64_t block) { image.clear_payload(block); }};
  for (const auto damage : kDamages)
    each_case(
        [&](ImageBuilder& image, uint64_t place, uint64_t block, const RepairOptions& options) {
          // Nothing says which data blocks lack something.
          if (block >= image.start("DATA")) return;
          const std::vector<uint8_t> content = payload_at(image, block);
          const StrictEntries entries = entries_in(image);
          copy_block(image, block, place);
          damage(image, block);
          check_nothing_lost_with(image, options);
          CHECK(entries_in(image) == entries);
          CHECK(payload_at(image, block) == content);
        });
}

TEST_CASE("a copy of a block that is in its own place, too, is overwritten without consent") {
  each_case([](ImageBuilder& image, uint64_t place, uint64_t block, const RepairOptions& options) {
    // Nothing says which copies of data blocks count.
    if (block >= image.start("DATA")) return;
    const StrictEntries entries = entries_in(image);
    copy_block(image, block, place);
    check_nothing_lost_with(image, options);
    CHECK(entries_in(image) == entries);
  });
}

TEST_CASE("a block whose place cannot be found is overwritten only with consent, and is listed") {
  EvidenceImage image;
  const uint64_t table = image.start("SNAP");
  const uint64_t code = image.start("CODE");
  const uint64_t leaf = leaf_of(image, 1);
  const std::vector<uint8_t> sound = image.bytes();
  struct Case {
    uint64_t block;
    std::vector<uint64_t> damaged;  // places where it may belong
    LostKind kind;
  };
  const Case cases[] = {{table + 2, {table + 2, table + 3}, LostKind::kSnapshot},
                        {code + 1, {code + 1, code + 2}, LostKind::kModule},
                        {leaf, {leaf, leaf_of(image, 3)}, LostKind::kTag}};
  for (const uint64_t place : kFixedPlaces)
    for (const Case& test : cases) {
      CAPTURE(place);
      CAPTURE(test.block);
      image.bytes() = sound;
      copy_block(image, test.block, place);
      for (const uint64_t block : test.damaged)
        std::ranges::fill(image.block(block), uint8_t{0xa5});
      const std::vector<uint8_t> damaged = image.bytes();
      const std::string what = fmt::format("what is in block {}, which belongs to another", place);

      Activity activity;
      const RepairPlan plan = must(plan_repair(image.file(), consent_is(false), activity));
      CHECK(std::ranges::any_of(plan.withheld, [&](const RepairStep& step) {
        return step.loses.starts_with(what) && step.lost.total() > 0;
      }));
      if (!plan.steps.empty()) repair_and_back(image, consent_is(false));
      CHECK(std::ranges::equal(image.block(place), Bytes(sound).subspan(test.block * 512, 512)));

      image.bytes() = damaged;
      std::vector<LostKind> lost;
      RepairOptions options = consent_is(true);
      options.lost = [&](const LostEntry& entry) -> Result<void> {
        if (entry.block == place) lost.push_back(entry.kind);
        return {};
      };
      must(plan_repair(image.file(), options, activity));
      // The block itself, and what is in it.
      CHECK(lost.size() > 2);
      CHECK(std::ranges::count(lost, LostKind::kOther) == 1);
      CHECK(std::ranges::count(lost, test.kind) == std::ssize(lost) - 1);
      repair_and_back(image, consent_is(true));
    }
}

TEST_CASE("two blocks that changed places with fixed ones go back, whichever these are") {
  EvidenceImage image;
  const std::vector<uint8_t> sound = image.bytes();
  const StrictEntries entries = entries_in(image);
  const uint64_t table = image.start("SNAP");
  const std::pair<uint64_t, uint64_t> pairs[] = {{table, table + 3},
                                                 {table + 1, image.start("CODE") + 1},
                                                 {leaf_of(image, 1), leaf_of(image, 3)},
                                                 {image.start("BMAP"), image.start("INOD")}};
  for (const uint64_t one : kFixedPlaces)
    for (const uint64_t other : kFixedPlaces)
      for (const auto& pair : pairs) {
        if (one == other) continue;
        CAPTURE(one);
        CAPTURE(other);
        CAPTURE(pair.first);
        image.bytes() = sound;
        swap_blocks(image, one, pair.first);
        swap_blocks(image, other, pair.second);
        check_nothing_lost_with(image, consent_is(false));
        CHECK(entries_in(image) == entries);
      }
}

TEST_CASE("a pointer table with a wrong block type is not moved away, whatever its slots say") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t table = image.start("SNAP");
  swap_blocks(image, kDirectoryStart + 1, table);
  image.slot_in(kPrimaryGroup + 1, image.slot_of("CODE"), [](RegionSlot& slot) { ++slot.used; });
  image.set_tag(kMirrorGroup + 1, "BMAP");
  check_nothing_lost_with(image, consent_is(false));
  CHECK(entries_in(image) == entries);
}

TEST_CASE("a copy of a commit that waits is overwritten without consent") {
  ImageBuilder image;
  const auto volume = open_volume(image.file());
  const uint64_t block = commit_data(*volume, 1, 1).begin;
  commit_change(*volume, {block, block + 1}, 2);
  // The after-image of the second commit, which the first descriptor precedes.
  uint64_t place = image.start("MWAL") + 1;
  while (image.trailer(place).type != block_types::kData || image.block(place)[0] != 2) ++place;
  copy_block(image, place, 2);
  check_nothing_lost_with(image, consent_is(false));
  CHECK(image.block(block)[0] == 2);
}

TEST_CASE("a block does not change places with the after-image of a commit that waits") {
  ImageBuilder image;
  const auto volume = open_volume(image.file());
  const uint64_t data = commit_data(*volume, 1, 1).begin;
  must(volume->close());
  CraftedJournal journal(image);
  const MutableBytes directory = image.block(kDirectoryStart);
  const BlockBuffer sound(directory.begin(), directory.end());
  journal.add({{kDirectoryStart, 0, sound}, {data, 0, journal.valid_block(block_types::kData, 2)}});
  uint8_t last = 2;
  SUBCASE("the last one") {}
  SUBCASE("an earlier one") {
    last = 3;
    journal.add(
        {{kDirectoryStart, 0, sound}, {data, 0, journal.valid_block(block_types::kData, last)}});
  }
  const BlockBuffer foreign = journal.valid_block(block_types::kMetadataWal, 7);
  std::ranges::copy(foreign, directory.begin());
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.total() == 1);
  CHECK(image.block(data)[0] == last);
}
