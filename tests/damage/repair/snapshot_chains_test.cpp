// Snapshot tables with invalid chains: the chains are cut, and every snapshot is kept.
#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/session.h"
#include "support/verify_list.h"
#include "vde/repair.h"
#include "vde/snapshots.h"

using namespace vde;
using namespace vde::test;

namespace {

// Three snapshots, created one after the other, each the child of the one before.
std::vector<Snapshot> make_chain(ImageBuilder& image) {
  std::vector<Snapshot> made;
  for (int64_t i = 0; i < 3; ++i) {
    SnapshotOptions options;
    options.label = "snapshot " + std::to_string(i);
    options.reproducible = true;
    if (i > 0) options.parent = "@latest";
    made.push_back(must(create_snapshot(image.file(), options, {Ticks{1'000'000 + i}, false})));
  }
  return made;
}

void set_parent(ImageBuilder& image, const Guid& of, const Guid& parent) {
  const uint64_t table = image.start("SNAP");
  const MutableBytes payload = image.payload(table);
  const auto at = std::search(payload.begin(), payload.end(), of.bytes.begin(), of.bytes.end());
  REQUIRE(at != payload.end());
  std::copy(parent.bytes.begin(), parent.bytes.end(), at + sizeof(Guid));
  image.rehash(table);
}

// The losses that the repair reports.
std::string repair_chains(ImageBuilder& image) {
  const RepairOptions options{
      from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, 0}, true};
  Activity activity;
  const RepairPlan plan = must(plan_repair(image.file(), options, activity));
  REQUIRE(plan.steps.size() == 1);
  for (const Finding& left : must(apply_repair(image.file(), plan, options, nullptr, activity)))
    CHECK(left.kind->severity == Severity::kNote);
  CHECK(must(plan_repair(image.file(), options, activity)).steps.empty());
  return plan.steps[0].loses;
}

}  // namespace

TEST_CASE("the oldest snapshot of a cycle becomes its root, and nothing else changes") {
  ImageBuilder image;
  std::vector<Snapshot> made = make_chain(image);
  set_parent(image, made[0].id, made[2].id);
  const std::string loses = repair_chains(image);
  CHECK(loses.find(to_string(made[0].id) + " (parent " + to_string(made[2].id) + ")") !=
        std::string::npos);
  CHECK(snapshots_in(image.file()) == made);
}

TEST_CASE("a generation that is newer than the superblock's sequence is corrected without a loss") {
  ImageBuilder image;
  const std::vector<Snapshot> made = make_chain(image);
  image.set_generation(image.start("SNAP"), 2'147'483'719);
  REQUIRE(verified(image.file()).codes == std::vector<std::string>{"BLCK-005"});
  CHECK(repair_chains(image).empty());
  CHECK(verified(image.file()).codes.empty());
  CHECK(snapshots_in(image.file()) == made);
}

TEST_CASE("a table whose first block changed places with a spare one is put back, without a loss") {
  ImageBuilder image;
  const std::vector<Snapshot> made = make_chain(image);
  const uint64_t table = image.start("SNAP");
  std::ranges::swap_ranges(image.block(table), image.block(table + 3));
  CHECK(verified(image.file()).codes.front() == "BLCK-009");
  CHECK(repair_chains(image).empty());
  CHECK(snapshots_in(image.file()) == made);
}

TEST_CASE("a first block in the place of a spare one is put back although its count is wrong") {
  ImageBuilder image;
  const std::vector<Snapshot> made = make_chain(image);
  const uint64_t table = image.start("SNAP");
  std::ranges::swap_ranges(image.block(table), image.block(table + 3));
  image.patch(table, 0, "03").rehash(table).set_tag(table, "SNAP");
  image.patch(table + 3, 0, "22").rehash(table + 3);
  const RepairOptions options{
      from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, 0}, true};
  Activity activity;
  const RepairPlan plan = must(plan_repair(image.file(), options, activity));
  must(apply_repair(image.file(), plan, options, nullptr, activity));
  CHECK(must(plan_repair(image.file(), options, activity)).steps.empty());
  CHECK(snapshots_in(image.file()) == made);
}

TEST_CASE("a snapshot whose parent is missing is kept without one") {
  ImageBuilder image;
  std::vector<Snapshot> made = make_chain(image);
  Guid stranger;
  stranger.bytes.fill(9);
  set_parent(image, made[1].id, stranger);
  CHECK(repair_chains(image).find(to_string(stranger)) != std::string::npos);
  made[1].parent = Guid{};
  CHECK(snapshots_in(image.file()) == made);
}
