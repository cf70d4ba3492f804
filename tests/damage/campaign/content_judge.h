// Judges the entries that a repair leaves: what is lost, and what was never there.
#pragma once

#include "damage/campaign/repair_outcome.h"
#include "damage/campaign/seed_report.h"

namespace vde::test {

void judge_content(const RepairOutcome& outcome, SeedReport& report);

}  // namespace vde::test
