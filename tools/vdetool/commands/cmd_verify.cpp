#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "commands.h"
#include "progress.h"
#include "repairing.h"
#include "sarif.h"
#include "usage.h"
#include "vde/input.h"
#include "vde/text.h"
#include "vde/verify.h"

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

Json finding_json(const std::string& image, const Finding& finding) {
  Json json{{"type", "finding"},
            {"code", finding.kind->code},
            {"severity", severity_name(finding.kind->severity)},
            {"block", finding.block ? Json(*finding.block) : Json(nullptr)},
            {"region", finding.region.empty() ? Json(nullptr) : Json(finding.region)},
            {"message", finding.message},
            {"title", finding.kind->title},
            {"fixable", finding.fixable},
            {"affects", finding.affects}};
  return with_header("verify", image, json);
}

// `mark` comes after the image: "left: " for a finding that a repair left.
std::string finding_text(const std::string& image, const Finding& finding, bool color,
                         std::string_view mark = "") {
  const std::string_view severity = severity_name(finding.kind->severity);
  std::string word(severity);
  if (color && finding.kind->severity != Severity::kNote)
    word = fmt::format("\x1b[{}m{}\x1b[0m",
                       finding.kind->severity == Severity::kError ? "1;31" : "33", severity);
  std::string place;
  if (finding.block) place = fmt::format(" block {}", *finding.block);
  if (!finding.region.empty()) place += fmt::format(" ({})", finding.region);
  return fmt::format("{}: {}{} {}{}: {}{}{}\n", escape(image), mark, word, finding.kind->code,
                     place, finding.kind->title, finding.message.empty() ? "" : ": ",
                     finding.message);
}

// "1 error", "2 errors".
std::string counted(uint64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

// "2 warnings, 1 note": of several numbers those that are not 0.
std::string warnings_and_notes(const VerifySummary& counts) {
  std::string text;
  if (counts.warnings > 0) text = counted(counts.warnings, "warning");
  if (counts.notes > 0) text += (text.empty() ? "" : ", ") + counted(counts.notes, "note");
  return text;
}

// The outcome of a verification without a repair, or of a dry run.
std::string verdict_text(int status, const VerifySummary& counts) {
  if (status == kDone) {
    const std::string rest = warnings_and_notes(counts);
    return rest.empty() ? "clean" : "clean, with " + rest;
  }
  if (counts.errors == 0) return "failed: " + warnings_and_notes(counts);
  return fmt::format("damaged: {}, {}, {}", counted(counts.errors, "error"),
                     counted(counts.warnings, "warning"), counted(counts.notes, "note"));
}

// The outcome of a repair: `before` was found, `left` is left of it.
std::string repair_text(const VerifySummary& before, const VerifySummary& left, bool loses) {
  std::string text = left.errors > 0 ? fmt::format("partly repaired: {} of {} left", left.errors,
                                                   counted(before.errors, "error"))
                     : left.warnings > 0 ? fmt::format("all errors corrected, {} left",
                                                       counted(left.warnings, "warning"))
                                         : std::string("repaired");
  return text + (loses ? "; data was lost, see LOST above" : "");
}

Json summary_json(int status, const VerifySummary& counts, uint64_t corrected, uint64_t left) {
  return Json{{"type", "summary"},
              {"status", status},
              {"meaning", status_meaning(status)},
              {"errors", counts.errors},
              {"warnings", counts.warnings},
              {"notes", counts.notes},
              {"corrected", corrected},
              {"left", left},
              {"blocks_checked", counts.blocks_checked},
              {"intact", counts.intact},
              {"not_checked", counts.not_checked}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Verifies images one after the other and prints each finding at once.
class VerifyRun {
 public:
  VerifyRun(Context& context, const VerifyArguments& arguments)
      : context_(context), arguments_(arguments), sarif_(context.out) {
    // `--format json` and `--json` are the same.
    if (arguments.format == "json") context_.globals.json = true;
    options_.scope = arguments.scope == "metadata" ? VerifyScope::kMetadata : VerifyScope::kAll;
    options_.jobs = arguments.jobs;
  }

  int run() {
    if (is_sarif() && context_.globals.json)
      return refuse("--json and --format sarif cannot be combined", "use one of them");
    if (is_sarif() && arguments_.repair.repair)
      return refuse("--repair cannot be combined with --format sarif", "use --format json");
    if (arguments_.repair.repair &&
        std::count(arguments_.images.begin(), arguments_.images.end(), "-") > 0)
      return refuse("cannot repair standard input", "give a file name");
    int status = kDone;
    if (is_sarif()) keep(sarif_.begin());
    for (const std::string& image : arguments_.images) {
      status |= verify(image);
      if (context_.activity.stop) break;
    }
    if (is_sarif()) keep(sarif_.end(status));
    // An error of printing must not hide the status of the images.
    keep(context_.out.flush());
    return context_.finish("", written_) | status;
  }

 private:
  int refuse(std::string message, std::string hint) {
    return context_.report("", {ErrorCode::kUsage, std::move(message), std::move(hint), {}});
  }

  int verify(const std::string& image) {
    if (arguments_.repair.repair) return repair_image(image);
    found_ = {};
    first_error_ = {};
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
    const bool fails =
        counts.errors > 0 || (arguments_.fail_on == "warning" && counts.warnings > 0);
    if (fails) status |= kDamageLeft;
    summarize(image, status, counts, 0, counts.errors);
    say(
        image, [&] { return verdict_text(status, counts) + blocks_text(counts); }, status);
    say_structures(image, status, counts);
    return status;
  }

  // Prints the findings, the plan, and the findings that are left.
  int repair_image(const std::string& image) {
    found_ = {};
    Result<Repaired> repaired = repair(context_, arguments_.repair, options_, image,
                                       [&](const RepairPlan& plan) { show_plan(image, plan); });
    if (!repaired) {
      int status = context_.report(image, repaired.error());
      if (found_.errors > 0) status |= kDamageLeft;
      summarize(image, status, found_, 0, found_.errors);
      return status;
    }
    const RepairPlan& plan = repaired->plan;
    found_ = {};
    for (const Finding& finding : repaired->applied ? plan.left : plan.found)
      count(finding.kind->severity);
    const bool fails =
        found_.errors > 0 || (arguments_.fail_on == "warning" && found_.warnings > 0);
    const int status = (repaired->applied ? kNothing : 0) | (fails ? kDamageLeft : 0);
    if (repaired->applied) {
      if (says()) keep(context_.out.write(repair_done_text(image, plan)));
      show_left(image, plan);
    }
    summarize(image, status, plan.before, repaired->applied ? plan.corrected() : 0, found_.errors);
    const bool loses = std::any_of(plan.steps.begin(), plan.steps.end(),
                                   [](const RepairStep& step) { return !step.loses.empty(); });
    say(
        image,
        [&] {
          return (repaired->applied ? repair_text(plan.before, found_, loses)
                                    : verdict_text(status, plan.before)) +
                 blocks_text(plan.before);
        },
        status);
    say_structures(image, status, repaired->applied ? plan.after : plan.before);
    if (!repaired->undo.empty() && says())
      keep(context_.out.write(revert_text(image, repaired->undo)));
    return status;
  }

  // The errors and warnings that the repair left, once more.
  void show_left(const std::string& image, const RepairPlan& plan) {
    for (const Finding& finding : plan.left) {
      if (finding.kind->severity == Severity::kNote) continue;
      if (context_.globals.json) {
        Json json = finding_json(image, finding);
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
    if (first_error_.empty() && finding.kind->severity == Severity::kError)
      first_error_ = finding.kind->code;
    if (context_.globals.quiet && finding.kind->severity != Severity::kError) return;
    if (is_sarif()) return keep(sarif_.add(image, finding));
    keep(context_.globals.json
             ? context_.write_json(finding_json(image, finding))
             : context_.out.write(finding_text(image, finding, context_.wants_color())));
  }

  // Whether lines for people are printed besides the findings.
  [[nodiscard]] bool says() const {
    return !context_.globals.quiet && !context_.globals.json && !is_sarif();
  }

  void summarize(const std::string& image, int status, const VerifySummary& counts,
                 uint64_t corrected, uint64_t left) {
    if (!is_sarif() && !context_.globals.json) return;
    const Json json = with_header("verify", image, summary_json(status, counts, corrected, left));
    if (is_sarif()) return sarif_.add_summary(json);
    keep(context_.write_json(json));
  }

  // A line about an image that could be judged.
  void say(const std::string& image, const std::function<std::string()>& text, int status) {
    if (!says() || (status & (kOperational | kInterrupted)) != 0) return;
    keep(context_.out.write(fmt::format("{}: {}\n", escape(image), text())));
  }

  static std::string blocks_text(const VerifySummary& counts) {
    return fmt::format(" ({} checked)", counted(counts.blocks_checked, "block"));
  }

  // What is intact in a damaged image, what was not checked, and what to do next.
  void say_structures(const std::string& image, int status, const VerifySummary& counts) {
    // In a clean image everything is intact.
    if (counts.errors + counts.warnings > 0)
      say(
          image,
          [&] {
            return counts.intact.empty() ? "no structure is intact"
                                         : "intact: " + joined(counts.intact);
          },
          status);
    if (!counts.not_checked.empty())
      say(
          image, [&] { return "not checked: " + joined(counts.not_checked); }, status);
    if (first_error_.empty() || arguments_.repair.repair) return;
    say(
        image,
        [&] {
          return image == "-" ? fmt::format("run 'vdetool explain {}'", first_error_)
                              : fmt::format(
                                    "run 'vdetool explain {}', then 'vdetool verify {} "
                                    "--repair --dry-run'",
                                    first_error_, escape(image));
        },
        status);
  }

  // Keeps the first error of printing.
  void keep(Result<void> result) {
    if (written_ && !result) written_ = std::move(result);
  }

  Context& context_;
  const VerifyArguments& arguments_;
  VerifyOptions options_;
  VerifySummary found_;           // in the current image
  std::string_view first_error_;  // the code of its first error, or empty
  Result<void> written_;
  SarifLog sarif_;
};

}  // namespace

Runner define_verify(CLI::App& command) {
  auto arguments = std::make_shared<VerifyArguments>();
  command.add_option("IMAGE", arguments->images, "image files; - for standard input")->required();
  RepairArguments& repair = arguments->repair;
  auto* wanted = command.add_flag("--repair", repair.repair, "repair what can be repaired");
  command
      .add_flag("--dry-run", repair.dry_run,
                "with --repair: print the plan without writing anything")
      ->needs(wanted);
  auto* undo =
      command.add_option("--undo", repair.undo, "with --repair: undo file (default: IMAGE.undo)");
  undo->type_name("FILE")->needs(wanted);
  command.add_flag("--no-undo", repair.no_undo, "with --repair: do not write an undo file")
      ->needs(wanted)
      ->excludes(undo);
  command
      .add_flag("--unseal", repair.unseal,
                "with --repair: allow changing a sealed image; this removes the seal")
      ->needs(wanted);
  command
      .add_option("--scope", arguments->scope,
                  "what to check: metadata, or all (default), which includes data blocks")
      ->type_name("SCOPE")
      ->check(one_of({"metadata", "all"}));
  command.add_option("--jobs", arguments->jobs, "number of threads (default: 0, one per core)")
      ->type_name("N")
      ->check(number(0, 256, "a number of threads from 0 to 256"));
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
