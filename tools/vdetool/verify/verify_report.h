// What verify counts and prints, the same in every format: which findings are printed, what they
// mean for the exit status, the summaries and the total.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "verify/verify_arguments.h"
#include "verify/verify_printer.h"

namespace vde::cli {

// Call begin(), then for each image start(), add() its findings and one conclude_ function, then
// end(). All calls come from one thread.
class VerifyReport {
 public:
  VerifyReport(Context& context, const VerifyArguments& arguments);

  void begin();
  void start(const std::string& image);
  // Counts the finding, and prints it unless it is below what is to be printed.
  void add(const Finding& finding);
  // The plan of a repair with its findings, before it is applied.
  void add_plan(const RepairPlan& plan);

  // The end of an image that was checked.
  void conclude(const VerifySummary& summary);
  // The end of an image that was repaired, or whose repair was planned.
  void conclude(const Repaired& repaired);
  // The end of an image that could not be checked or repaired. Findings before the error count.
  void conclude(const Error& error);

  // Prints the total. Returns the exit status of the run.
  [[nodiscard]] int end();

 private:
  [[nodiscard]] bool makes_fail(Severity severity) const;
  [[nodiscard]] bool fails(const VerifySummary& counts) const;
  void summarize(int status, const Outcome& outcome);
  void keep(Result<void> result);

  Context& context_;
  const VerifyArguments& arguments_;
  std::unique_ptr<VerifyPrinter> printer_;
  std::string image_;            // the current one, as given
  VerifySummary found_;          // in it
  std::string_view to_explain_;  // the code of its finding to explain, or empty
  Total total_;
  Result<void> written_;  // the first error of printing
};

}  // namespace vde::cli
