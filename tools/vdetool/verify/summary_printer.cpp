#include "verify/summary_printer.h"

#include <fmt/format.h>

#include "vde/text.h"

namespace vde::cli {

Result<void> SummaryPrinter::finding(const std::string& /*image*/, const Finding& /*finding*/) {
  return {};
}

Result<void> SummaryPrinter::summary(const std::string& image, int status, const Outcome& outcome) {
  if (context_.globals.quiet && status == kDone) return {};
  const std::string verdict = outcome.error ? "not checked completely: " + outcome.error->message
                                            : outcome_text(status, outcome);
  return context_.out.write(fmt::format("{}: {}\n", escape(image), verdict));
}

Result<void> SummaryPrinter::end(const Total& total) {
  if (total.images < 2 || context_.globals.quiet) return {};
  return context_.out.write(total_text(total) + "\n");
}

}  // namespace vde::cli
