// `verify --repair`: what it prints, and where its undo file goes.
#pragma once

#include <functional>

#include "context.h"
#include "vde/repair.h"

namespace vde::cli {

struct RepairArguments {
  bool repair = false;
  bool dry_run = false;
  bool no_undo = false;
  bool unseal = false;
  std::string undo;  // path of the undo file, or empty
};

// What became of one image.
struct Repaired {
  RepairPlan plan;
  bool applied = false;
  std::string undo;  // path of the undo file that was written, or empty
};

// The undo file of a change to `image`: the path that was asked for, else a free one beside it;
// null where none is wanted. A device has no place beside it. `path` becomes where it lies.
[[nodiscard]] Result<std::unique_ptr<UndoTarget>> make_undo_target(const RepairArguments& arguments,
                                                                   const BlockFile& file,
                                                                   const std::string& image,
                                                                   std::string& path);

// Plans the repair of `image`, calls `show` with the plan, and carries it out unless it is a dry
// run. Afterwards `plan.left` is what is found on the disk.
[[nodiscard]] Result<Repaired> repair(Context& context, const RepairArguments& arguments,
                                      const VerifyOptions& verify, const std::string& image,
                                      const std::function<void(const RepairPlan&)>& show);

// The plan, for people and for programs (an object a line).
[[nodiscard]] std::string repair_text(const std::string& image, const RepairPlan& plan);
[[nodiscard]] std::vector<Json> repair_json(const std::string& image, const RepairPlan& plan);

}  // namespace vde::cli
