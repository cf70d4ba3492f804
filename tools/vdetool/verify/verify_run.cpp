#include "verify/verify_run.h"

#include <unistd.h>

#include <optional>
#include <utility>

#include "bus_error.h"
#include "plan_file.h"
#include "progress.h"
#include "vde/input.h"
#include "verify/parallel_verify.h"
#include "verify/verify_checks.h"
#include "verify/verify_report.h"

namespace vde::cli {
namespace {

class VerifyRun {
 public:
  VerifyRun(Context& context, const VerifyArguments& arguments)
      : context_(context), arguments_(arguments), report_(context, arguments) {
    options_.scope = arguments.scope == "metadata" ? VerifyScope::kMetadata : VerifyScope::kAll;
    options_.jobs = arguments.jobs;
  }

  int run() {
    auto keys = context_.read_keys(arguments_.key_files);
    if (!keys) return context_.report("", keys.error());
    options_.keys = std::move(*keys);
    if (arguments_.repair.repair)
      if (const int refused = prepare_repair()) return refused;
    if (const int refused = report_.open_baselines()) return refused;
    report_.begin();
    const bool is_one = arguments_.images.size() == 1;
    report_bus_errors(context_, is_one ? arguments_.images.front() : std::string());
    const bool is_done = !arguments_.repair.repair &&
                         ParallelVerify(context_, arguments_.images, options_, report_).run();
    if (!is_done) run_in_turn();
    return report_.end();
  }

 private:
  void run_in_turn() {
    const size_t images = arguments_.images.size();
    for (size_t i = 0; i < images; ++i) {
      const std::string& image = arguments_.images[i];
      if (images > 1) name_images(i, images);
      report_.start(image);
      if (arguments_.repair.repair)
        repair_image(image);
      else
        verify(image);
      if (context_.activity.stop) break;
    }
  }

  // Whether the plan can be written, the plan that is to be applied, and the older copies.
  int prepare_repair() {
    const RepairArguments& repair = arguments_.repair;
    const std::string& image = arguments_.images.front();
    if (!repair.plan.empty())
      if (const auto free = check_plan_path(repair.plan); !free)
        return context_.report_file(image, repair.plan, free.error());
    if (!repair.apply.empty()) {
      auto plan = read_plan(repair.apply);
      if (!plan) return context_.report_file(image, repair.apply, plan.error());
      agreed_ = std::move(*plan);
      if (const int refused = check_repair_files(context_, arguments_.images, agreed_->arguments))
        return refused;
    }
    return copies_.open(context_, arguments_.images,
                        agreed_ ? agreed_->arguments.from : repair.from);
  }

  void verify(const std::string& image) {
    const auto add = [&](const Finding& finding) { report_.add(finding); };
    report_.conclude(image == "-" ? verify_input(add) : verify_file(image, add));
  }

  Result<VerifySummary> verify_file(const std::string& image,
                                    const std::function<void(const Finding&)>& add) {
    VDE_TRY_ASSIGN(file, context_.open_storage(image, OpenMode::kRead));
    const ProgressLine progress(context_.activity, context_.wants_progress());
    return verify_image(*file, options_, context_.activity, add);
  }

  // Verifies the image that standard input delivers.
  Result<VerifySummary> verify_input(const std::function<void(const Finding&)>& add) {
    name_file("-");
    name_wait("input");
    const ProgressLine progress(context_.activity, context_.wants_progress());
    const StreamReader read = [&](MutableBytes out) {
      return read_input(STDIN_FILENO, out, context_.activity);
    };
    return verify_stream(read, options_, context_.activity, add);
  }

  void repair_image(const std::string& image) {
    const auto repaired =
        repair(context_, arguments_.repair, options_, agreed_ ? &*agreed_ : nullptr, copies_, image,
               [&](const RepairPlan& plan) { report_.add_plan(plan); });
    if (repaired)
      report_.conclude(*repaired);
    else
      report_.conclude(repaired.error());
  }

  Context& context_;
  const VerifyArguments& arguments_;
  VerifyOptions options_;
  VerifyReport report_;
  std::optional<PlanFile> agreed_;  // the plan of --apply
  CopyFiles copies_;
};

}  // namespace

int run_verify(Context& context, const VerifyArguments& arguments) {
  // `--format json` and `--json` are the same.
  if (arguments.format == "json") {
    context.globals.json = true;
    name_command("verify", true);
  }
  if (arguments.format != "text") context.out.fit_lines(0);
  if (const int refused = check_verify_arguments(context, arguments)) return refused;
  return VerifyRun(context, arguments).run();
}

}  // namespace vde::cli
