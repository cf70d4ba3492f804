#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "commands.h"
#include "progress.h"
#include "repairing.h"
#include "sarif.h"
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

std::string finding_text(const std::string& image, const Finding& finding, bool color) {
  const std::string_view severity = severity_name(finding.kind->severity);
  std::string word(severity);
  if (color && finding.kind->severity != Severity::kNote)
    word = fmt::format("\x1b[{}m{}\x1b[0m",
                       finding.kind->severity == Severity::kError ? "1;31" : "33", severity);
  std::string place;
  if (finding.block) place = fmt::format(" block {}", *finding.block);
  if (!finding.region.empty()) place += fmt::format(" ({})", finding.region);
  return fmt::format("{}: {} {}{}: {}: {}\n", escape(image), word, finding.kind->code, place,
                     finding.kind->title, finding.message);
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

// Verifies images one after the other and prints as it goes.
class VerifyRun {
 public:
  VerifyRun(Context& context, const VerifyArguments& arguments)
      : context_(context), arguments_(arguments), sarif_(context.out) {
    // `--format json` and `--json` are one.
    if (arguments.format == "json") context_.globals.json = true;
    options_.scope = arguments.scope == "metadata" ? VerifyScope::kMetadata : VerifyScope::kAll;
    options_.jobs = arguments.jobs;
  }

  int run() {
    if (is_sarif() && context_.globals.json)
      return refuse("--json and --format sarif exclude each other", "give one of them");
    if (is_sarif() && arguments_.repair.repair)
      return refuse("--repair has steps to tell, which SARIF has no place for",
                    "use --format json");
    if (arguments_.repair.repair &&
        std::count(arguments_.images.begin(), arguments_.images.end(), "-") > 0)
      return refuse("a stream cannot be repaired", "name the image's file");
    int status = kDone;
    if (is_sarif()) keep(sarif_.begin());
    for (const std::string& image : arguments_.images) {
      status |= verify(image);
      if (context_.activity.stop) break;
    }
    if (is_sarif()) keep(sarif_.end(status));
    // Here, where what was found is added to a failure to say it.
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
    Result<VerifySummary> summary = [&]() -> Result<VerifySummary> {
      const auto report = [&](const Finding& finding) { show(image, finding); };
      if (image == "-") return verify_input(report);
      VDE_TRY_ASSIGN(file, context_.open_storage(image, OpenMode::kRead));
      const ProgressLine progress(context_.activity, context_.wants_progress());
      return verify_image(*file, options_, context_.activity, report);
    }();
    int status = summary ? static_cast<int>(kDone) : context_.report(image, summary.error());
    if (!summary) sarif_.add_failure(image, summary.error());
    // What was found before an error or a signal counts.
    const VerifySummary counts = summary.value_or(found_);
    const bool fails =
        counts.errors > 0 || (arguments_.fail_on == "warning" && counts.warnings > 0);
    if (fails) status |= kDamageLeft;
    summarize(image, status, counts);
    return status;
  }

  // Everything that was found, then the plan, then what is left of it.
  int repair_image(const std::string& image) {
    found_ = {};
    Result<Repaired> repaired = repair(context_, arguments_.repair, options_, image,
                                       [&](const RepairPlan& plan) { show_plan(image, plan); });
    if (!repaired) {
      int status = context_.report(image, repaired.error());
      if (found_.errors > 0) status |= kDamageLeft;
      summarize(image, status, found_);
      return status;
    }
    const RepairPlan& plan = repaired->plan;
    found_ = {};
    for (const Finding& finding : repaired->applied ? plan.left : plan.found)
      count(finding.kind->severity);
    const bool fails =
        found_.errors > 0 || (arguments_.fail_on == "warning" && found_.warnings > 0);
    const int status = (repaired->applied ? kNothing : 0) | (fails ? kDamageLeft : 0);
    if (repaired->applied) show_left(image, plan);
    summarize(image, status, plan.before, repaired->applied ? plan.corrected() : 0, found_.errors);
    if (repaired->undo.empty() || context_.globals.quiet || context_.globals.json) return status;
    keep(context_.out.write(fmt::format("{}: 'vdetool undo' with {} takes this back\n",
                                        escape(image), escape(repaired->undo))));
    return status;
  }

  // Once more, by name: what could not be saved.
  void show_left(const std::string& image, const RepairPlan& plan) {
    for (const Finding& finding : plan.left) {
      if (finding.kind->severity == Severity::kNote) continue;
      if (context_.globals.json) {
        Json json = finding_json(image, finding);
        json["left"] = true;
        keep(context_.write_json(json));
      } else {
        keep(context_.out.write("left: " + finding_text(image, finding, context_.wants_color())));
      }
    }
  }

  void show_plan(const std::string& image, const RepairPlan& plan) {
    for (const Finding& finding : plan.found) show(image, finding);
    if (context_.globals.json)
      for (const Json& line : repair_plan_json(image, plan)) keep(context_.write_json(line));
    else if (!context_.globals.quiet)
      keep(context_.out.write(repair_plan_text(image, plan)));
    // What will be done is on paper before it is done.
    keep(context_.out.flush());
  }

  [[nodiscard]] bool is_sarif() const { return arguments_.format == "sarif"; }

  // The image that streams through standard input.
  Result<VerifySummary> verify_input(const std::function<void(const Finding&)>& report) {
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
    if (context_.globals.quiet && finding.kind->severity != Severity::kError) return;
    if (is_sarif()) return keep(sarif_.add(image, finding));
    keep(context_.globals.json
             ? context_.write_json(finding_json(image, finding))
             : context_.out.write(finding_text(image, finding, context_.wants_color())));
  }

  void summarize(const std::string& image, int status, const VerifySummary& counts) {
    summarize(image, status, counts, 0, counts.errors);
  }

  void summarize(const std::string& image, int status, const VerifySummary& counts,
                 uint64_t corrected, uint64_t left) {
    const Json json = with_header("verify", image, summary_json(status, counts, corrected, left));
    if (is_sarif()) return sarif_.add_summary(json);
    if (context_.globals.json) return keep(context_.write_json(json));
    if (context_.globals.quiet || (status & (kOperational | kInterrupted)) != 0) return;
    keep(context_.out.write(fmt::format(
        "{}: {}: {} errors, {} warnings, {} notes; {}{} blocks checked\n", escape(image),
        status_meaning(status), counts.errors, counts.warnings, counts.notes,
        arguments_.repair.repair ? fmt::format("{} corrected, {} errors left; ", corrected, left)
                                 : "",
        counts.blocks_checked)));
    // In a clean image everything is.
    if (counts.errors + counts.warnings > 0)
      keep(context_.out.write(fmt::format(
          "{}: intact: {}\n", escape(image),
          counts.intact.empty() ? std::string("nothing as a whole") : joined(counts.intact))));
    if (!counts.not_checked.empty())
      keep(context_.out.write(
          fmt::format("{}: not checked: {}\n", escape(image), joined(counts.not_checked))));
  }

  // The first failure to write is the one that is told.
  void keep(Result<void> result) {
    if (written_ && !result) written_ = std::move(result);
  }

  Context& context_;
  const VerifyArguments& arguments_;
  VerifyOptions options_;
  VerifySummary found_;  // in the image at hand
  Result<void> written_;
  SarifLog sarif_;
};

}  // namespace

Runner define_verify(CLI::App& command) {
  auto arguments = std::make_shared<VerifyArguments>();
  command.add_option("IMAGE", arguments->images, "one or more images; - reads a stream")
      ->required();
  RepairArguments& repair = arguments->repair;
  auto* wanted = command.add_flag("--repair", repair.repair, "put right what can be put right");
  command.add_flag("--dry-run", repair.dry_run, "with --repair: print the plan, write nothing")
      ->needs(wanted);
  auto* undo =
      command.add_option("--undo", repair.undo,
                         "with --repair: where the undo file goes; beside the image without it");
  undo->needs(wanted);
  command.add_flag("--no-undo", repair.no_undo, "with --repair: write no undo file")
      ->needs(wanted)
      ->excludes(undo);
  command
      .add_flag("--unseal", repair.unseal,
                "with --repair: change a sealed image, which clears its seal")
      ->needs(wanted);
  command.add_option("--scope", arguments->scope, "metadata, or all (the data area's blocks too)")
      ->check(CLI::IsMember({"metadata", "all"}));
  command.add_option("--jobs", arguments->jobs, "threads; 0 = one a core")
      ->check(CLI::Range(0u, 256u));
  command.add_option("--fail-on", arguments->fail_on, "error, or warning: then warnings fail too")
      ->check(CLI::IsMember({"error", "warning"}));
  command.add_option("--format", arguments->format, "text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}));
  return [arguments](Context& context) { return VerifyRun(context, *arguments).run(); };
}

}  // namespace vde::cli
