// Images whose damage is to be undone byte for byte.
#pragma once

#include <doctest/doctest.h>

#include "damage/detection/full_image.h"
#include "support/effort.h"
#include "support/memory_undo.h"
#include "support/must.h"
#include "support/random_bytes.h"
#include "support/session.h"
#include "support/verify_list.h"
#include "vde/repair.h"

namespace vde::test {

inline const RepairOptions kExactRepair{
    from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1}};

// Repairs the image, if there is anything to do; the plan.
inline RepairPlan repair_exactly(ImageBuilder& image, const RepairOptions& options = kExactRepair) {
  Activity activity;
  RepairPlan plan = must(plan_repair(image.file(), options, activity));
  if (plan.steps.empty()) return plan;
  MemoryUndo undo;
  const std::vector<uint8_t> before = image.bytes();
  plan.left = must(apply_repair(image.file(), plan, options, &undo, activity));
  const std::vector<uint8_t> after = image.bytes();
  must(undo_repair(image.file(), undo.file(), nullptr));
  CHECK(image.bytes() == before);
  image.bytes() = after;
  return plan;
}

// Noise over `count` bytes from `offset` on.
inline void spoil(ImageBuilder& image, uint64_t number, size_t offset, size_t count,
                  Random& random) {
  fill_randomly(image.block(number).subspan(offset, count), random);
}

// Noise over the payload: nothing of it is left, but the checksum is.
inline void spoil_payload(ImageBuilder& image, uint64_t number, Random& random) {
  spoil(image, number, 0, payload_size(image.block_size()), random);
}

// Whether a step restores block `number` exactly.
inline bool restores(const RepairPlan& plan, uint64_t number) {
  return std::ranges::any_of(plan.steps, [&](const RepairStep& step) {
    const auto has = [&](const BlockRange& range) { return range.contains(number); };
    return step.what.starts_with("restore ") && step.what.find("exactly") != std::string::npos &&
           std::ranges::any_of(step.blocks, has);
  });
}

inline void check_lossless(const RepairPlan& plan) {
  for (const RepairStep& step : plan.steps) CHECK(step.loses.empty());
}

}  // namespace vde::test
