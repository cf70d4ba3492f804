// The two phases of a repair: each has only its own operations.
#include <doctest/doctest.h>

#include <concepts>

#include "check/repair/structure_repair.h"

using namespace vde;

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
