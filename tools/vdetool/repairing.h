// `verify --repair`: its output, and the path of its undo file.
#pragma once

#include <functional>

#include "context.h"
#include "vde/repair.h"

namespace vde::cli {

struct PlanFile;

// " (block 0)", " (blocks 4-7, 9)", or nothing.
[[nodiscard]] std::string blocks_text(const std::vector<BlockRange>& blocks);

struct RepairArguments {
  bool repair = false;
  bool dry_run = false;
  bool no_undo = false;
  bool unseal = false;
  bool allow_loss = false;
  std::string plan;               // file to write the plan to, or empty
  std::string apply;              // file of the plan to apply, or empty
  std::string undo;               // path of the undo file, or empty
  std::vector<std::string> from;  // paths of older copies
};

// The older copies of the images to repair, open and locked for reading.
class CopyFiles {
 public:
  // Prints what is wrong with one that cannot be used; returns the exit status.
  [[nodiscard]] int open(Context& context, const std::vector<std::string>& images,
                         const std::vector<std::string>& paths);
  [[nodiscard]] const std::vector<RepairSource>& sources() const { return sources_; }

 private:
  std::vector<std::unique_ptr<BlockFile>> files_;
  std::vector<RepairSource> sources_;
};

// The outcome for one image.
struct Repaired {
  RepairPlan plan;
  bool applied = false;
  std::string lost_file;  // path of the list of lost entries, or empty
  std::string undo;       // path of the undo file that was written, or empty
};

// The undo file of a change to `image`: at the path of --undo, else at the default path, which a
// device does not have. Null with --no-undo. Sets `path` to its path.
[[nodiscard]] Result<std::unique_ptr<UndoTarget>> make_undo_target(const RepairArguments& arguments,
                                                                   const BlockFile& file,
                                                                   const std::string& image,
                                                                   std::string& path);

// Plans the repair of `image`, calls `show` with the plan, and applies it unless it is a dry run.
// `agreed` is the plan of --apply, or null; it replaces `arguments`, and another plan is refused.
// Afterwards `plan.left` is what a verification of the disk finds.
[[nodiscard]] Result<Repaired> repair(Context& context, const RepairArguments& arguments,
                                      const VerifyOptions& verify, const PlanFile* agreed,
                                      const CopyFiles& copies, const std::string& image,
                                      const std::function<void(const RepairPlan&)>& show);

// The line that names the command which reverts a change to `image`.
[[nodiscard]] std::string revert_text(const std::string& image, const std::string& undo_file);

// The plan for people: what each step does, its source and what it loses.
[[nodiscard]] std::string repair_plan_text(const std::string& image, const RepairPlan& plan);
// The steps that were applied, for people.
[[nodiscard]] std::string repair_done_text(const std::string& image, const RepairPlan& plan);
// One step for programs.
[[nodiscard]] Json repair_step_json(const RepairStep& step);
// The plan for programs, one object per line.
[[nodiscard]] std::vector<Json> repair_plan_json(const std::string& image, const RepairPlan& plan);

}  // namespace vde::cli
