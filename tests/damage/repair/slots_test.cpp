// Region slots that are wrong in all tables, or in each table another one: they are chosen one by
// one, by what the blocks say.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/repair_image.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// The count of used blocks is only a hint.
bool have_same_places(const std::vector<RegionSlot>& a, const std::vector<RegionSlot>& b) {
  return std::ranges::equal(a, b, [](const RegionSlot& one, const RegionSlot& other) {
    return one.type == other.type && one.flags == other.flags && one.start == other.start &&
           one.count == other.count;
  });
}

// Repairs the image, which must get the slots that it had.
void check_slots(ImageBuilder& image, const std::vector<RegionSlot>& slots) {
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost == LostCounts{});
  CHECK(repaired.left.empty());
  CHECK(have_same_places(image.slots(), slots));
  CHECK(std::ranges::equal(image.payload(kPrimaryGroup + 1), image.payload(kMirrorGroup + 1)));
}

}  // namespace

TEST_CASE("regions whose places are exchanged in all tables get them back") {
  ImageBuilder image;
  const std::vector<RegionSlot> slots = image.slots();
  const size_t a = image.slot_of("TAGI");
  SUBCASE("tags and snapshots") {
    const size_t b = image.slot_of("SNAP");
    image.slot(a, [&](RegionSlot& slot) { slot.start = slots[b].start; });
    image.slot(b, [&](RegionSlot& slot) { slot.start = slots[a].start; });
  }
  SUBCASE("tags and modules") {
    const size_t b = image.slot_of("CODE");
    image.slot(a, [&](RegionSlot& slot) { slot.start = slots[b].start; });
    image.slot(b, [&](RegionSlot& slot) { slot.start = slots[a].start; });
  }
  check_slots(image, slots);
}

TEST_CASE("each table is wrong in another slot") {
  ImageBuilder image;
  const std::vector<RegionSlot> slots = image.slots();
  const auto later = [](RegionSlot& slot) { ++slot.start; };
  image.slot_in(kPrimaryGroup + 1, image.slot_of("TAGI"), later);
  image.slot_in(kMirrorGroup + 1, image.slot_of("SNAP"), later);
  image.slot_in(kDirectoryStart, image.slot_of("CODE"), later);
  check_slots(image, slots);
}

TEST_CASE("the only right table is in a group that is damaged elsewhere") {
  ImageBuilder image;
  const std::vector<RegionSlot> slots = image.slots();
  const size_t tags = image.slot_of("TAGI");
  const auto later = [](RegionSlot& slot) { slot.start += 2; };
  image.slot_in(kPrimaryGroup + 1, tags, later).slot_in(kDirectoryStart, tags, later);
  image.flip(kMirrorGroup, 9);
  check_slots(image, slots);
}

TEST_CASE("a block that changed places with the first one of another region moves no region") {
  ImageBuilder image;
  const std::vector<RegionSlot> slots = image.slots();
  std::ranges::swap_ranges(image.block(image.start("TAGI")), image.block(image.start("SNAP")));
  repair_and_back(image);
  CHECK(have_same_places(image.slots(), slots));
}
