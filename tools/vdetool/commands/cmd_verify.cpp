#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "commands.h"
#include "plan_file.h"
#include "progress.h"
#include "repairing.h"
#include "sarif.h"
#include "usage.h"
#include "vde/input.h"
#include "vde/text.h"
#include "vde/verify.h"
#include "verify_text.h"

namespace vde::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> images;
  std::string scope = "all";
  unsigned jobs = 0;
  std::string fail_on = "error";
  std::string format = "text";
  RepairArguments repair;
};

// Verifies images one after the other and prints each finding at once.
class VerifyRun {
 public:
  VerifyRun(Context& context, const VerifyArguments& arguments)
      : context_(context), arguments_(arguments), sarif_(context.out) {
    // `--format json` and `--json` are the same.
    if (arguments.format == "json") {
      context_.globals.json = true;
      name_command("verify", true);
    }
    if (arguments.format != "text") context_.out.fit_lines(0);
    options_.scope = arguments.scope == "metadata" ? VerifyScope::kMetadata : VerifyScope::kAll;
    options_.jobs = arguments.jobs;
  }

  int run() {
    if (const int refused = check_arguments()) return refused;
    if (const int refused = prepare_plans()) return refused;
    int status = copies_.open(context_, arguments_.images,
                              agreed_ ? agreed_->arguments.from : arguments_.repair.from);
    if (status != kDone) return status;
    if (is_sarif()) keep(sarif_.begin());
    for (const std::string& image : arguments_.images) {
      status |= verify(image);
      if (context_.activity.stop) break;
    }
    conclude_run();
    if (is_sarif()) keep(sarif_.end(status));
    // An error of printing must not hide the status of the images.
    keep(context_.out.flush());
    return context_.finish("", written_) | status;
  }

 private:
  int check_arguments() {
    const RepairArguments& repair = arguments_.repair;
    const bool names_one = !repair.plan.empty() || !repair.apply.empty() || !repair.undo.empty();
    if (names_one && arguments_.images.size() > 1)
      return refuse("--plan, --apply and --undo need exactly one image", "name one image");
    if (is_sarif() && context_.globals.json)
      return refuse("--json and --format sarif cannot be combined", "use one of them");
    if (is_sarif() && repair.repair)
      return refuse("--repair cannot be combined with --format sarif", "use --format json");
    if (repair.repair && std::count(arguments_.images.begin(), arguments_.images.end(), "-") > 0)
      return refuse("cannot repair standard input", "give a file name");
    return refuse_own_files(repair);
  }

  // Whether the plan can be written, and the plan that is to be applied.
  int prepare_plans() {
    const RepairArguments& repair = arguments_.repair;
    if (!repair.plan.empty())
      if (const auto free = check_plan_path(repair.plan); !free)
        return context_.report_file(arguments_.images.front(), repair.plan, free.error());
    if (!repair.apply.empty()) {
      auto plan = read_plan(repair.apply);
      if (!plan) return context_.report_file(arguments_.images.front(), repair.apply, plan.error());
      agreed_ = std::move(*plan);
      return refuse_own_files(agreed_->arguments);
    }
    return kDone;
  }

  int refuse(std::string message, std::string hint) {
    return context_.report("", {ErrorCode::kUsage, std::move(message), std::move(hint), {}});
  }

  // No file that a repair reads or writes besides may be one of its images.
  int refuse_own_files(const RepairArguments& repair) {
    struct Named {
      const std::string& file;
      std::string_view role;
    };
    const Named named[] = {
        {repair.undo, "undo file"}, {repair.plan, "plan"}, {repair.apply, "plan"}};
    if (const auto named_file = refuse_standard_output(repair.undo, "undo file"); !named_file)
      return context_.report(repair.undo, named_file.error());
    for (const std::string& image : arguments_.images)
      for (const Named& one : named)
        // A plan to "-" goes to standard output.
        if (!one.file.empty() && one.file != "-")
          if (const auto apart = refuse_image(image, one.file, one.role); !apart)
            return context_.report_file(image, one.file, apart.error());
    return kDone;
  }

  int verify(const std::string& image) {
    if (arguments_.repair.repair) return repair_image(image);
    found_ = {};
    to_explain_ = {};
    Result<VerifySummary> summary = [&]() -> Result<VerifySummary> {
      const auto report = [&](const Finding& finding) { show(image, finding); };
      if (image == "-") return verify_input(report);
      VDE_TRY_ASSIGN(file, context_.open_storage(image, OpenMode::kRead));
      const ProgressLine progress(context_.activity, context_.wants_progress());
      return verify_image(*file, options_, context_.activity, report);
    }();
    int status = summary ? static_cast<int>(kDone) : context_.report(image, summary.error());
    if (!summary) sarif_.add_failure(image, summary.error());
    // Findings before an error or a signal count.
    const VerifySummary counts = summary.value_or(found_);
    if (fails(counts)) status |= kDamageLeft;
    summarize(image, status,
              summary ? Outcome{counts, 0, counts.errors, 0, {}, {}}
                      : failed_outcome(counts, summary.error()));
    say(image, status, verdict_text(status, counts) + blocks_text(counts));
    say_structures(image, status, counts);
    return status;
  }

  // What is known of an image that was not checked completely: what was found so far.
  static Outcome failed_outcome(const VerifySummary& found, const Error& error) {
    Outcome outcome{found, 0, found.errors, 0, {}, error.message};
    outcome.counts.intact.clear();
    outcome.counts.not_checked = {"everything"};
    return outcome;
  }

  // Prints the findings, the plan, and the findings that are left.
  int repair_image(const std::string& image) {
    found_ = {};
    Result<Repaired> repaired =
        repair(context_, arguments_.repair, options_, agreed_ ? &*agreed_ : nullptr, copies_, image,
               [&](const RepairPlan& plan) { show_plan(image, plan); });
    if (!repaired) {
      int status = context_.report(image, repaired.error());
      if (found_.errors > 0) status |= kDamageLeft;
      summarize(image, status, failed_outcome(found_, repaired.error()));
      return status;
    }
    return conclude(image, *repaired);
  }

  int conclude(const std::string& image, const Repaired& repaired) {
    const RepairPlan& plan = repaired.plan;
    found_ = {};
    for (const Finding& finding : repaired.applied ? plan.left : plan.found)
      count(finding.kind->severity);
    const bool is_bad = fails(found_);
    const bool loses = repaired.applied && loses_entries(plan);
    int status = is_bad || loses ? kDamageLeft : 0;
    if (repaired.applied && (loses || !is_bad)) status |= kNothing;
    if (repaired.applied) {
      if (says()) keep(context_.out.write(repair_done_text(image, plan)));
      show_left(image, plan);
    }
    summarize(image, status,
              {plan.before,
               repaired.applied ? plan.corrected() : 0,
               found_.errors,
               repaired.applied ? plan.lost.total() : 0,
               repaired.lost_file,
               {}});
    say(image, status, outcome_text(status, repaired, loses));
    say_structures(image, status, repaired.applied ? plan.after : plan.before);
    if (!repaired.undo.empty() && says())
      keep(context_.out.write(revert_text(image, repaired.undo)));
    return status;
  }

  [[nodiscard]] bool makes_fail(Severity severity) const {
    return severity == Severity::kError ||
           (severity == Severity::kWarning && arguments_.fail_on == "warning");
  }

  // Whether an earlier image had a note of this kind. Every image of another writer may have it.
  bool is_repeated_note(const std::string& image, const FindingKind& kind) {
    if (kind.severity != Severity::kNote) return false;
    const auto [noted, is_first] = noted_.try_emplace(kind.code, NotedKind{image, {}});
    if (is_first || noted->second.first_image == image) return false;
    noted->second.others.insert(image);
    return true;
  }

  // Lines about all images.
  void conclude_run() {
    if (says())
      for (const auto& [code, noted] : noted_)
        if (!noted.others.empty())
          keep(context_.out.write(fmt::format("note {}: also in {}\n", code,
                                              counted(noted.others.size(), "other image"))));
    if (arguments_.images.size() < 2 || is_sarif()) return;
    if (context_.globals.json) keep(context_.write_json(total_json(total_)));
    // A pipe gets lines about single images.
    else if (says() && Context::is_terminal())
      keep(context_.out.write(total_text(total_) + "\n"));
  }

  // Whether these findings make verify fail.
  [[nodiscard]] bool fails(const VerifySummary& counts) const {
    return counts.errors > 0 || (counts.warnings > 0 && makes_fail(Severity::kWarning));
  }

  static bool loses_entries(const RepairPlan& plan) {
    return std::any_of(plan.steps.begin(), plan.steps.end(),
                       [](const RepairStep& step) { return !step.loses.empty(); });
  }

  std::string outcome_text(int status, const Repaired& repaired, bool loses) const {
    const RepairPlan& plan = repaired.plan;
    std::string lost = loses ? lost_text(plan.lost) : "";
    if (!repaired.lost_file.empty()) lost += fmt::format(" (list: {})", escape(repaired.lost_file));
    return (repaired.applied ? repair_text(plan.before, found_, lost)
                             : verdict_text(status, plan.before)) +
           blocks_text(plan.before);
  }

  // The errors and warnings that the repair left, once more.
  void show_left(const std::string& image, const RepairPlan& plan) {
    for (const Finding& finding : plan.left) {
      if (finding.kind->severity == Severity::kNote) continue;
      if (context_.globals.json) {
        Json json = finding_json(image, finding);
        json["type"] = "left";
        json["left"] = true;
        keep(context_.write_json(json));
      } else {
        keep(context_.out.write(finding_text(image, finding, context_.wants_color(), "left: ")));
      }
    }
  }

  void show_plan(const std::string& image, const RepairPlan& plan) {
    for (const Finding& finding : plan.found) show(image, finding);
    if (context_.globals.json)
      for (const Json& line : repair_plan_json(image, plan)) keep(context_.write_json(line));
    else if (!context_.globals.quiet)
      keep(context_.out.write(repair_plan_text(image, plan)));
    // The plan is printed before it is applied.
    keep(context_.out.flush());
  }

  [[nodiscard]] bool is_sarif() const { return arguments_.format == "sarif"; }

  // Verifies the image that standard input delivers.
  Result<VerifySummary> verify_input(const std::function<void(const Finding&)>& report) {
    name_file("-");
    name_wait("input");
    const ProgressLine progress(context_.activity, context_.wants_progress());
    const StreamReader read = [&](MutableBytes out) {
      return read_input(STDIN_FILENO, out, context_.activity);
    };
    return verify_stream(read, options_, context_.activity, report);
  }

  void count(Severity severity) {
    switch (severity) {
      case Severity::kError:
        ++found_.errors;
        break;
      case Severity::kWarning:
        ++found_.warnings;
        break;
      case Severity::kNote:
        ++found_.notes;
        break;
    }
  }

  void show(const std::string& image, const Finding& finding) {
    count(finding.kind->severity);
    // The first error, else the first warning.
    const bool is_first_error = finding.kind->severity == Severity::kError && found_.errors == 1;
    if (is_first_error || (to_explain_.empty() && finding.kind->severity == Severity::kWarning))
      to_explain_ = finding.kind->code;
    if (context_.globals.quiet && !makes_fail(finding.kind->severity)) return;
    if (is_sarif()) return keep(sarif_.add(image, finding));
    if (!context_.globals.json && is_repeated_note(image, *finding.kind)) return;
    keep(context_.globals.json
             ? context_.write_json(finding_json(image, finding))
             : context_.out.write(finding_text(image, finding, context_.wants_color())));
  }

  // Whether lines for people are printed besides the findings.
  [[nodiscard]] bool says() const {
    return !context_.globals.quiet && !context_.globals.json && !is_sarif();
  }

  void summarize(const std::string& image, int status, const Outcome& outcome) {
    total_.add(status, outcome);
    if (!is_sarif() && !context_.globals.json) return;
    const Json json = with_header("verify", image, summary_json(status, outcome));
    if (is_sarif()) return sarif_.add_summary(json);
    keep(context_.write_json(json));
  }

  // A line about an image that could be judged.
  void say(const std::string& image, int status, const std::string& text) {
    if (!says() || (status & (kOperational | kInterrupted)) != 0) return;
    keep(context_.out.write(fmt::format("{}: {}\n", escape(image), text)));
  }

  static std::string blocks_text(const VerifySummary& counts) {
    return fmt::format(" ({} checked)", counted(counts.blocks_checked, "block"));
  }

  // What is intact in a damaged image, what was not checked, and what to do next.
  void say_structures(const std::string& image, int status, const VerifySummary& counts) {
    // In a clean image everything is intact.
    if (counts.errors + counts.warnings > 0)
      say(image, status,
          counts.intact.empty() ? "no structure is intact" : "intact: " + joined(counts.intact));
    if (!counts.not_checked.empty())
      say(image, status, "not checked: " + joined(counts.not_checked));
    if (to_explain_.empty() || arguments_.repair.repair) return;
    std::string next = fmt::format("run 'vdetool explain {}'", to_explain_);
    if (image != "-" && counts.errors > 0)
      next += fmt::format(", then 'vdetool verify {} --repair --dry-run'", escape(image));
    say(image, status, next);
  }

  // Keeps the first error of printing.
  void keep(Result<void> result) {
    if (written_ && !result) written_ = std::move(result);
  }

  Context& context_;
  const VerifyArguments& arguments_;
  VerifyOptions options_;
  std::optional<PlanFile> agreed_;  // the plan of --apply
  CopyFiles copies_;
  // A kind of note, and the images that have it.
  struct NotedKind {
    std::string first_image;
    std::set<std::string> others;
  };

  VerifySummary found_;  // in the current image
  Total total_;
  std::map<std::string_view, NotedKind> noted_;
  std::string_view to_explain_;  // the code of the finding to explain, or empty
  Result<void> written_;
  SarifLog sarif_;
};

void define_repair_options(CLI::App& command, RepairArguments& repair) {
  auto* wanted = command.add_flag("--repair", repair.repair, "repair what can be repaired");
  auto* allow_loss = command.add_flag("--allow-loss", repair.allow_loss,
                                      "with --repair: also take steps that lose data");
  auto* dry_run = command.add_flag("--dry-run", repair.dry_run,
                                   "with --repair: print the plan without writing anything");
  auto* plan = command.add_option("--plan", repair.plan,
                                  "with --repair: write the plan to FILE and change nothing");
  plan->type_name("FILE");
  auto* undo =
      command.add_option("--undo", repair.undo, "with --repair: undo file (default: IMAGE.undo)");
  undo->type_name("FILE");
  auto* from = add_list(command, "--from", repair.from,
                        "with --repair: take damaged blocks from FILE, an older copy of the image");
  from->type_name("FILE")->allow_extra_args(false);
  auto* no_undo =
      command.add_flag("--no-undo", repair.no_undo, "with --repair: do not write an undo file");
  auto* unseal = command.add_flag("--unseal", repair.unseal,
                                  "with --repair: allow changing a sealed image; this removes the "
                                  "seal");
  auto* apply =
      command.add_option("--apply", repair.apply, "with --repair: apply exactly the plan in FILE");
  apply->type_name("FILE")->needs(wanted);
  for (CLI::Option* option : {allow_loss, dry_run, plan, undo, from, no_undo, unseal})
    option->needs(wanted)->excludes(apply);
  undo->excludes(no_undo);
  dry_run->excludes(plan);
}

}  // namespace

Runner define_verify(CLI::App& command) {
  auto arguments = std::make_shared<VerifyArguments>();
  add_list(command, "IMAGE", arguments->images, "image files; - for standard input")->required();
  define_repair_options(command, arguments->repair);
  command
      .add_option("--scope", arguments->scope,
                  "what to check: metadata, or all (default), which includes data blocks")
      ->type_name("SCOPE")
      ->check(one_of({"metadata", "all"}))
      ->excludes("--apply");
  add_count(command, "--jobs", arguments->jobs, 256, "a number of threads from 0 to 256",
            "number of threads (default: 0, one per core)")
      ->type_name("N");
  command
      .add_option("--fail-on", arguments->fail_on,
                  "lowest severity that makes verify fail: error or warning (default: error)")
      ->type_name("SEVERITY")
      ->check(one_of({"error", "warning"}));
  command.add_option("--format", arguments->format, "text, json or sarif (default: text)")
      ->type_name("FORMAT")
      ->check(one_of({"text", "json", "sarif"}));
  return [arguments](Context& context) { return VerifyRun(context, *arguments).run(); };
}

}  // namespace vde::cli
