// Repairs an image in a test, and checks everything that must hold for any repair.
#pragma once

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/lost_list.h"
#include "support/memory_undo.h"
#include "support/session.h"
#include "vde/repair.h"

namespace vde::test {

inline const RepairOptions kSomeRepair{
    from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, 0}, true};

// The same without consent to lose data.
inline RepairOptions without_consent() {
  RepairOptions options = kSomeRepair;
  options.allow_loss = false;
  return options;
}

inline RepairPlan plan_without_consent(ImageBuilder& image) {
  Activity activity;
  return must(plan_repair(image.file(), without_consent(), activity));
}

// Checks that without consent nothing is written; returns that plan.
inline RepairPlan check_needs_consent(ImageBuilder& image) {
  RepairPlan plan = plan_without_consent(image);
  CHECK(plan.steps.empty());
  CHECK_FALSE(plan.withheld.empty());
  return plan;
}

struct Repaired {
  RepairPlan plan;
  std::vector<Finding> left;
  LostList lost;
};

// Repairs the image, which must need it; checks that the list of lost entries is complete, and that
// a second repair changes nothing; reverts the repair and repeats it.
inline Repaired repair_and_back(ImageBuilder& image, const RepairOptions& options = kSomeRepair) {
  const std::vector<uint8_t> before = image.bytes();
  Activity activity;
  LostList lost;
  RepairOptions listing = options;
  listing.lost = lost.visitor();
  RepairPlan plan = must(plan_repair(image.file(), listing, activity));
  REQUIRE_FALSE(plan.steps.empty());
  CHECK(lost.is_complete(plan));
  MemoryUndo undo;
  std::vector<Finding> left = must(apply_repair(image.file(), plan, options, &undo, activity));
  const std::vector<uint8_t> after = image.bytes();
  CHECK(must(plan_repair(image.file(), options, activity)).steps.empty());
  CHECK(image.bytes() == after);
  MemoryUndo redo;
  must(undo_repair(image.file(), undo.file(), &redo));
  CHECK(image.bytes() == before);
  must(undo_repair(image.file(), redo.file(), nullptr));
  CHECK(image.bytes() == after);
  return {std::move(plan), std::move(left), std::move(lost)};
}

}  // namespace vde::test
