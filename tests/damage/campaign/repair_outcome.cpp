#include "damage/campaign/repair_outcome.h"

#include <algorithm>

namespace vde::test {

bool RepairOutcome::is_new(const Finding& finding) const {
  return finding.kind->severity != Severity::kNote &&
         !of.known.findings.contains({std::string(finding.kind->code), finding.region});
}

bool RepairOutcome::is_restored(uint64_t block) const {
  return std::ranges::any_of(plan.steps, [&](const RepairStep& step) {
    return is_exact(step) && std::ranges::any_of(step.blocks, [&](BlockRange range) {
             return range.contains(block);
           });
  });
}

bool is_exact(const RepairStep& step) {
  return step.what.starts_with("restore block");
}

}  // namespace vde::test
