// What verify counts and prints, the same in every format: which findings are printed, what they
// mean for the exit status, the summaries and the total.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "verify/baseline.h"
#include "verify/verify_arguments.h"
#include "verify/verify_printer.h"

namespace vde::cli {

// Call begin(), then for each image start(), add() its findings and one conclude_ function, then
// end(). All calls come from one thread.
class VerifyReport {
 public:
  VerifyReport(Context& context, const VerifyArguments& arguments);

  // Reads the baseline and prepares the new one. Prints what is wrong with them; returns the exit
  // status, kDone if nothing is.
  [[nodiscard]] int open_baselines();
  void begin();
  void start(const std::string& image);
  // Counts the finding and prints it, unless the baseline accepts it or it is below the severities
  // that are printed.
  void add(const Finding& finding);
  // The plan of a repair with its findings, before it is applied.
  void add_plan(const RepairPlan& plan);

  // The end of an image that was checked, or why it could not be checked. Findings before an error
  // count.
  void conclude(const Result<VerifySummary>& summary);
  // The end of an image that was repaired, or whose repair was planned.
  void conclude(const Repaired& repaired);
  // The end of an image that could not be checked or repaired.
  void conclude(const Error& error);

  // Prints the total and publishes the new baseline. Returns the exit status of the run.
  [[nodiscard]] int end();

 private:
  [[nodiscard]] bool is_printed(Severity severity) const;
  [[nodiscard]] bool makes_fail(Severity severity) const;
  [[nodiscard]] bool fails(const VerifySummary& counts) const;
  [[nodiscard]] int publish_baseline();
  void show_repaired(const RepairPlan& plan);
  void summarize(int status, Outcome outcome);
  void keep(Result<void> result);

  Context& context_;
  const VerifyArguments& arguments_;
  std::unique_ptr<VerifyPrinter> printer_;
  const Severity lowest_printed_;
  const uint64_t max_warnings_;   // of an image; more make it fail
  std::string image_;             // the current one, as given
  VerifySummary found_;           // in it, without accepted findings
  uint64_t accepted_ = 0;         // findings in it that the baseline accepts
  std::string_view to_explain_;   // the code of its finding to explain, or empty
  bool operation_named_ = false;  // to_explain_ names an operation of another program
  Total total_;
  Baseline baseline_;
  std::optional<NewBaseline> new_baseline_;
  Result<void> baseline_written_;  // the first error of writing it
  Result<void> written_;           // the first error of printing
};

}  // namespace vde::cli
