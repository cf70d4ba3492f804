#include "verify/verify_report.h"

#include <utility>

namespace vde::cli {
namespace {

void count_finding(VerifySummary& counts, Severity severity) {
  switch (severity) {
    case Severity::kError:
      ++counts.errors;
      break;
    case Severity::kWarning:
      ++counts.warnings;
      break;
    case Severity::kNote:
      ++counts.notes;
      break;
  }
}

Severity severity_named(std::string_view name) {
  for (const Severity severity : {Severity::kError, Severity::kWarning})
    if (severity_name(severity) == name) return severity;
  return Severity::kNote;
}

uint64_t max_warnings_of(const VerifyArguments& arguments) {
  if (arguments.fail_on == "warning") return 0;
  if (arguments.max_warnings == VerifyArguments::kAnyNumber) return UINT64_MAX;
  return arguments.max_warnings;
}

}  // namespace

VerifyReport::VerifyReport(Context& context, const VerifyArguments& arguments)
    : context_(context),
      arguments_(arguments),
      printer_(make_verify_printer(context, arguments)),
      lowest_printed_(severity_named(arguments.min_severity)),
      max_warnings_(max_warnings_of(arguments)) {}

int VerifyReport::open_baselines() {
  if (!arguments_.baseline.empty())
    if (const auto read = baseline_.read(arguments_.baseline, arguments_.images, context_.activity);
        !read)
      return context_.report_file("", arguments_.baseline, read.error());
  // Lines of progress are about the images.
  context_.activity.done = 0;
  if (arguments_.write_baseline.empty()) return kDone;
  auto created = NewBaseline::create(arguments_.write_baseline, arguments_.images, context_.out);
  if (!created) return context_.report_file("", arguments_.write_baseline, created.error());
  new_baseline_.emplace(std::move(*created));
  return kDone;
}

void VerifyReport::begin() {
  keep(printer_->begin());
}

void VerifyReport::start(const std::string& image) {
  image_ = image;
  found_ = {};
  accepted_ = 0;
  to_explain_ = {};
  operation_named_ = false;
}

void VerifyReport::add(const Finding& finding) {
  if (new_baseline_ && baseline_written_) baseline_written_ = new_baseline_->add(image_, finding);
  if (baseline_.accepts(image_, finding)) {
    ++accepted_;
    return;
  }
  const Severity severity = finding.kind->severity;
  count_finding(found_, severity);
  // What another program did explains the rest; else the first error, else the first warning.
  const bool is_first_error = severity == Severity::kError && found_.errors == 1;
  const bool names_operation = names_an_operation(*finding.kind);
  if (names_operation || (!operation_named_ && is_first_error) ||
      (to_explain_.empty() && severity == Severity::kWarning))
    to_explain_ = finding.kind->code;
  operation_named_ |= names_operation;
  if (context_.globals.quiet && !makes_fail(severity)) return;
  if (is_printed(severity)) keep(printer_->finding(image_, finding));
}

void VerifyReport::add_plan(const RepairPlan& plan) {
  for (const Finding& finding : plan.found) add(finding);
  if (!arguments_.summary) keep(printer_->plan(image_, plan));
  // The plan is printed before it is applied.
  keep(context_.out.flush());
}

void VerifyReport::conclude(const Result<VerifySummary>& summary) {
  if (!summary) return conclude(summary.error());
  Outcome outcome{*summary, 0, found_.errors};
  outcome.counts.errors = found_.errors;
  outcome.counts.warnings = found_.warnings;
  outcome.counts.notes = found_.notes;
  outcome.to_explain = to_explain_;
  summarize(fails(found_) ? kDamageLeft : kDone, outcome);
}

void VerifyReport::conclude(const Repaired& repaired) {
  const RepairPlan& plan = repaired.plan;
  VerifySummary left;
  for (const Finding& finding : repaired.applied ? plan.left : plan.found)
    count_finding(left, finding.kind->severity);
  const bool is_bad = fails(left);
  const bool loses = repaired.applied && loses_entries(plan);
  int status = is_bad || loses ? kDamageLeft : kDone;
  if (repaired.applied && (loses || !is_bad)) status |= kNothing;
  if (repaired.applied && !arguments_.summary) show_repaired(plan);
  Outcome outcome{plan.before, 0, left.errors};
  outcome.repaired = &repaired;
  outcome.left_counts = left;
  if (repaired.applied) {
    outcome.corrected = plan.corrected();
    outcome.lost = plan.lost.total();
  }
  outcome.lost_file = repaired.lost_file;
  summarize(status, outcome);
}

void VerifyReport::show_repaired(const RepairPlan& plan) {
  keep(printer_->repaired(image_, plan));
  for (const Finding& finding : plan.left)
    if (finding.kind->severity != Severity::kNote && is_printed(finding.kind->severity))
      keep(printer_->left(image_, finding));
}

void VerifyReport::conclude(const Error& error) {
  int status = context_.report(image_, error);
  if (fails(found_)) status |= kDamageLeft;
  Outcome outcome{found_, 0, found_.errors};
  outcome.counts.not_checked = {"everything"};
  outcome.error = error;
  summarize(status, outcome);
}

int VerifyReport::end() {
  keep(printer_->end(total_));
  // An error of printing must not hide the status of the images.
  keep(context_.out.flush());
  return context_.finish("", written_) | publish_baseline() | total_.status;
}

// A baseline without the findings of an image that could not be checked would not be complete.
int VerifyReport::publish_baseline() {
  if (!new_baseline_) return kDone;
  const std::string& path = arguments_.write_baseline;
  if (total_.failed > 0 || total_.images < arguments_.images.size()) {
    new_baseline_.reset();
    return context_.report_file("", path,
                                {context_.activity.stop ? ErrorCode::kInterrupted : ErrorCode::kIo,
                                 "the baseline was not written",
                                 "it needs every image to be checked completely",
                                 {}});
  }
  if (baseline_written_) baseline_written_ = new_baseline_->publish();
  return baseline_written_ ? static_cast<int>(kDone)
                           : context_.report_file("", path, baseline_written_.error());
}

// The lower, the more severe.
bool VerifyReport::is_printed(Severity severity) const {
  return !arguments_.summary && severity <= lowest_printed_;
}

// Whether the finding of this severity that was counted last makes verify fail.
bool VerifyReport::makes_fail(Severity severity) const {
  return severity == Severity::kError ||
         (severity == Severity::kWarning && found_.warnings > max_warnings_);
}

bool VerifyReport::fails(const VerifySummary& counts) const {
  return counts.errors > 0 || counts.warnings > max_warnings_;
}

void VerifyReport::summarize(int status, Outcome outcome) {
  outcome.accepted = accepted_;
  total_.add(status, outcome);
  keep(printer_->summary(image_, status, outcome));
}

void VerifyReport::keep(Result<void> result) {
  if (written_ && !result) written_ = std::move(result);
}

}  // namespace vde::cli
