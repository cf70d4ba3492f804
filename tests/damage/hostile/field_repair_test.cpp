// Hostile values in every field of every structure, with and without corrected checksums: a repair
// fixes what it can, the rest is reported again, a second repair changes nothing, and nothing is
// lost in the other structures.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "damage/hostile/hostile_fields.h"
#include "support/memory_undo.h"
#include "support/strict/strict_reader.h"
#include "support/verify_list.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kFieldSeed = 20251121;

const RepairOptions kFieldRepair{
    from_unix_seconds(1'800'000'000), true, {VerifyScope::kAll, 1, 0}, true};

std::set<std::string> codes_of(const std::vector<Finding>& findings) {
  std::set<std::string> codes;
  for (const Finding& finding : findings) codes.emplace(finding.kind->code);
  return codes;
}

bool has_errors(const std::vector<Finding>& findings) {
  return std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.kind->severity == Severity::kError; });
}

class FieldRepair {
 public:
  explicit FieldRepair(uint32_t block_size) : image_({block_size, 256, kAllModules}) {
    fill_regions(image_);
    sound_ = image_.bytes();
  }

  void run() {
    spoil_each(image_, kFieldSeed, [&](const Target& target, bool) {
      ++images;
      repair(target);
    });
  }

  size_t images = 0;
  size_t repaired = 0;  // something was found to do
  size_t clean = 0;     // and no error is left

 private:
  void repair(const Target& target) {
    const std::vector<uint8_t> before = image_.bytes();
    Activity activity;
    const auto plan = plan_repair(image_.file(), kFieldRepair, activity);
    CHECK(image_.bytes() == before);
    if (!plan) {
      CHECK(plan.error().code == ErrorCode::kUnsupported);
      return;
    }
    if (plan->steps.empty()) return;
    ++repaired;
    MemoryUndo undo;
    const auto left = apply_repair(image_.file(), *plan, kFieldRepair, &undo, activity);
    REQUIRE_MESSAGE(left.has_value(), (left ? "" : left.error().message));
    judge(*plan, *left);
    look_at_content(target, before, has_errors(*left));
    const std::vector<uint8_t> after = image_.bytes();
    const auto again = plan_repair(image_.file(), kFieldRepair, activity);
    REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error().message));
    CHECK(again->steps.empty());
    CHECK(image_.bytes() == after);
    CHECK(undo_repair(image_.file(), undo.file(), nullptr).has_value());
    CHECK(image_.bytes() == before);
  }

  // Remaining findings were there before, or are notes that only images without errors get.
  void judge(const RepairPlan& plan, const std::vector<Finding>& left) {
    const auto found = codes_of(plan.found);
    for (const Finding& finding : left) {
      const std::string code(finding.kind->code);
      CAPTURE(code);
      CHECK((finding.kind->severity == Severity::kNote || found.contains(code)));
    }
    if (!has_errors(left)) ++clean;
  }

  // What the strict reader could read before, it still can. If no error is left, that includes
  // everything in structures other than the damaged one.
  void look_at_content(const Target& target, const std::vector<uint8_t>& before, bool errors_left) {
    const bool a_slot = target.structure == "slot";
    const StrictReader was(a_slot || errors_left ? before : sound_);
    const StrictReader now(image_.bytes());
    if (!errors_left) CHECK(now.validates());
    if (was.validates()) CHECK(now.validates());
    if (!target.structure.starts_with("tag ")) CHECK(now.tags().size() >= was.tags().size());
    if (!target.structure.starts_with("snapshot"))
      CHECK(now.snapshots().size() >= was.snapshots().size());
    if (!target.structure.starts_with("module"))
      CHECK(now.modules().size() >= was.modules().size());
  }

  ImageBuilder image_;
  std::vector<uint8_t> sound_;
};

}  // namespace

TEST_CASE("damage to any field is repaired or reported again, and nothing else is lost") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    FieldRepair fields(block_size);
    fields.run();
    MESSAGE(block_size, "-byte blocks, seed ", kFieldSeed, ": ", fields.images, " images, ",
            fields.repaired, " of them repaired, ", fields.clean, " without an error left");
    CHECK(fields.clean > fields.images / 4);
  }
}
