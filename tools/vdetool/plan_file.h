// The file of `verify --repair --plan`: a repair to be reviewed before it is applied. It holds the
// options, the time, every step, and hashes of the bytes before and after, so that --apply does
// exactly this repair or refuses.
#pragma once

#include <string>

#include "repairing.h"

namespace vde::cli {

struct PlanFile {
  std::string image;  // as it was named
  RepairArguments arguments;
  VerifyScope scope = VerifyScope::kAll;
  Ticks now;
  std::string repair;  // what must be the same: the image, its bytes before and after, the steps
};

// kExists if there is a file at `path` that is not empty and not an older plan.
[[nodiscard]] Result<void> check_plan_path(const std::string& path);
// Writes it to `path`, atomically; "-" is standard output.
[[nodiscard]] Result<void> write_plan(const std::string& path, const PlanFile& file,
                                      const RepairPlan& plan, Output& standard_output);

// Reads a plan file. kMalformed for anything else.
[[nodiscard]] Result<PlanFile> read_plan(const std::string& path);
// Compares `plan`, made with the options and the time of `file`, with it. kChangedSince if a step
// or a byte differs.
[[nodiscard]] Result<void> check_same_plan(const PlanFile& file, const RepairPlan& plan);

}  // namespace vde::cli
