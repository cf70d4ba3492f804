// Findings, plans and summaries for programs: one JSON object per line.
#pragma once

#include <string>

#include "verify/verify_printer.h"

namespace vde::cli {

class JsonPrinter : public VerifyPrinter {
 public:
  explicit JsonPrinter(Context& context) : context_(context) {}

  [[nodiscard]] Result<void> finding(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> plan(const std::string& image, const RepairPlan& plan) override;
  [[nodiscard]] Result<void> left(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> summary(const std::string& image, int status,
                                     const Outcome& outcome) override;
  [[nodiscard]] Result<void> end(const Total& total) override;

 private:
  Context& context_;
};

}  // namespace vde::cli
