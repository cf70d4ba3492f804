// `verify --summary` for people: one line per image, and a last one about all of them.
#pragma once

#include <string>

#include "verify/verify_printer.h"

namespace vde::cli {

class SummaryPrinter : public VerifyPrinter {
 public:
  explicit SummaryPrinter(Context& context) : context_(context) {}

  [[nodiscard]] Result<void> finding(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> summary(const std::string& image, int status,
                                     const Outcome& outcome) override;
  [[nodiscard]] Result<void> end(const Total& total) override;

 private:
  Context& context_;
};

}  // namespace vde::cli
