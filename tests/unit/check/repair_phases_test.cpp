// The two phases of a repair: each has only its own operations.
#include <doctest/doctest.h>

#include <concepts>

#include "check/repair/structure_repair.h"
#include "support/image_builder.h"
#include "support/repair_image.h"

using namespace vde;
using namespace vde::test;

namespace {

// Direct writes to the disk.
template <class Repair>
concept WritesDirectly = requires(Repair& repair, Bytes block) {
  repair.write_direct(0, block);
}
|| requires(Repair& repair) {
  repair.resize(0);
}
|| requires(Repair& repair) {
  repair.sync();
};

// Changes through a transaction.
template <class Repair>
concept HasTransaction = requires(Repair& repair) {
  repair.replace(0, block_types::kBitmap);
}
|| requires(Repair& repair) {
  repair.edit(0, block_types::kBitmap);
}
|| requires(Repair& repair) {
  repair.superblock();
}
|| requires(Repair& repair) {
  repair.slots();
}
|| requires(Repair& repair) {
  repair.allocator();
}
|| requires(Repair& repair) {
  repair.transaction();
}
|| requires(Repair& repair) {
  repair.settle();
};

template <class Repair>
concept IsReadAndLogged = requires(Repair& repair) {
  { repair.probe() } -> std::same_as<const Probe&>;
  repair.io();
  repair.options();
  repair.step("what", "source");
  repair.note("why");
};

static_assert(WritesDirectly<FoundationRepair> && !HasTransaction<FoundationRepair>);
static_assert(HasTransaction<StructureRepair> && !WritesDirectly<StructureRepair>);
static_assert(IsReadAndLogged<FoundationRepair> && IsReadAndLogged<StructureRepair>);

// A repairer takes the phase that it belongs to.
static_assert(std::invocable<decltype(repair_groups), FoundationRepair&>);
static_assert(!std::invocable<decltype(repair_groups), StructureRepair&>);
static_assert(std::invocable<decltype(repair_bitmap), StructureRepair&>);
static_assert(!std::invocable<decltype(repair_bitmap), FoundationRepair&>);

// The first phase ends with begin(), the second with finish() or leave().
template <class Repair>
concept BeginsInPlace = requires(Repair& repair) {
  repair.begin();
};
static_assert(!BeginsInPlace<FoundationRepair>);
static_assert(requires(FoundationRepair repair) { std::move(repair).begin(); });
static_assert(!std::copy_constructible<FoundationRepair>);
static_assert(!std::copy_constructible<StructureRepair>);

}  // namespace

TEST_CASE("the phases of a repair are types of their own") {
  CHECK_FALSE(std::derived_from<StructureRepair, FoundationRepair>);
}

TEST_CASE("replacements that room is made for are in one commit, with the sectors they lie in") {
  ImageBuilder image({512, 256, kAllModules});
  Activity activity;
  RepairLog log;
  FoundationRepair foundation =
      must(FoundationRepair::start({image.file(), kSomeRepair, activity, log}));
  StructureRepair repair = must(std::move(foundation).begin());
  REQUIRE(repair.max_in_commit() == 24);
  repair.step("change blocks", "a test");
  const auto replace = [&](uint64_t number) {
    REQUIRE(repair.replace(number, block_types::kData));
    return repair.transaction().sequence();
  };
  // One block of each of the sectors; a record has the whole ones.
  CHECK(must(repair.make_room({128, 136, 144})));
  CHECK_FALSE(must(repair.make_room({128, 136, 144, 152})));
  const int64_t first = replace(128);
  CHECK(replace(136) == first);
  // Another block of a sector that is already staged does not need room, but may not split the
  // rest.
  CHECK(must(repair.make_room({144})));
  CHECK(replace(144) == first);
  CHECK(must(repair.make_room({200, 208})));
  const int64_t second = replace(200);
  CHECK(second == first + 1);
  CHECK(replace(208) == second);
  // A full transaction is committed, except for what room was made for.
  CHECK(must(repair.make_room({216, 217, 218})));
  for (const uint64_t number : {216u, 217u, 218u}) CHECK(replace(number) == second);
  CHECK(replace(219) == second + 1);
}
