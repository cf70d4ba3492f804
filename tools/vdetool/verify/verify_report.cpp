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

}  // namespace

VerifyReport::VerifyReport(Context& context, const VerifyArguments& arguments)
    : context_(context), arguments_(arguments), printer_(make_verify_printer(context, arguments)) {}

void VerifyReport::begin() {
  keep(printer_->begin());
}

void VerifyReport::start(const std::string& image) {
  image_ = image;
  found_ = {};
  to_explain_ = {};
}

void VerifyReport::add(const Finding& finding) {
  const Severity severity = finding.kind->severity;
  count_finding(found_, severity);
  // The first error, else the first warning.
  const bool is_first_error = severity == Severity::kError && found_.errors == 1;
  if (is_first_error || (to_explain_.empty() && severity == Severity::kWarning))
    to_explain_ = finding.kind->code;
  if (context_.globals.quiet && !makes_fail(severity)) return;
  keep(printer_->finding(image_, finding));
}

void VerifyReport::add_plan(const RepairPlan& plan) {
  for (const Finding& finding : plan.found) add(finding);
  keep(printer_->plan(image_, plan));
  // The plan is printed before it is applied.
  keep(context_.out.flush());
}

void VerifyReport::conclude(const VerifySummary& summary) {
  Outcome outcome{summary, 0, summary.errors};
  outcome.to_explain = to_explain_;
  summarize(fails(summary) ? kDamageLeft : kDone, outcome);
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
  if (repaired.applied) keep(printer_->repaired(image_, plan));
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
  return context_.finish("", written_) | total_.status;
}

// Whether a finding of this severity makes verify fail.
bool VerifyReport::makes_fail(Severity severity) const {
  return severity == Severity::kError ||
         (severity == Severity::kWarning && arguments_.fail_on == "warning");
}

bool VerifyReport::fails(const VerifySummary& counts) const {
  return counts.errors > 0 || (counts.warnings > 0 && makes_fail(Severity::kWarning));
}

void VerifyReport::summarize(int status, const Outcome& outcome) {
  total_.add(status, outcome);
  keep(printer_->summary(image_, status, outcome));
}

void VerifyReport::keep(Result<void> result) {
  if (written_ && !result) written_ = std::move(result);
}

}  // namespace vde::cli
