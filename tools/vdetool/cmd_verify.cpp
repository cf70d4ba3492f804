#include <fmt/format.h>

#include "commands.h"
#include "input.h"
#include "progress.h"
#include "sarif.h"
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
};

Json finding_json(const std::string& image, const Finding& finding) {
  Json json{{"type", "finding"},
            {"code", finding.kind->code},
            {"severity", severity_name(finding.kind->severity)},
            {"block", finding.block ? Json(*finding.block) : Json(nullptr)},
            {"region", finding.region.empty() ? Json(nullptr) : Json(finding.region)},
            {"message", finding.message},
            {"title", finding.kind->title},
            {"fixable", finding.kind->fixable},
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

Json summary_json(int status, const VerifySummary& counts) {
  return Json{{"type", "summary"},
              {"status", status},
              {"meaning", status_meaning(status)},
              {"errors", counts.errors},
              {"warnings", counts.warnings},
              {"notes", counts.notes},
              {"corrected", 0},
              {"left", counts.errors},
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
      return context_.report("", Error{ErrorCode::kUsage,
                                       "--json and --format sarif exclude each other",
                                       "give one of them",
                                       {}});
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
  int verify(const std::string& image) {
    found_ = {};
    Result<VerifySummary> summary = [&]() -> Result<VerifySummary> {
      const auto report = [&](const Finding& finding) { show(image, finding); };
      if (image == "-") return verify_input(report);
      VDE_TRY_ASSIGN(file, context_.open(image, OpenMode::kRead));
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

  [[nodiscard]] bool is_sarif() const { return arguments_.format == "sarif"; }

  // The image that streams through standard input.
  Result<VerifySummary> verify_input(const std::function<void(const Finding&)>& report) {
    const ProgressLine progress(context_.activity, context_.wants_progress());
    const StreamReader read = [&](MutableBytes out) {
      return read_standard_input(out, context_.activity);
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
    const Json json = with_header("verify", image, summary_json(status, counts));
    if (is_sarif()) return sarif_.add_summary(json);
    if (context_.globals.json) return keep(context_.write_json(json));
    if (context_.globals.quiet || (status & (kOperational | kInterrupted)) != 0) return;
    keep(context_.out.write(
        fmt::format("{}: {}: {} errors, {} warnings, {} notes; {} blocks checked\n", escape(image),
                    status_meaning(status), counts.errors, counts.warnings, counts.notes,
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
