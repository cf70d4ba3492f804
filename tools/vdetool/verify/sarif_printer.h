// Findings as SARIF 2.1.0, the format that code scanning services read: one log with one run.
#pragma once

#include <string>
#include <vector>

#include "verify/verify_printer.h"

namespace vde::cli {

// Findings are written at once, so that memory does not grow with their number.
class SarifPrinter : public VerifyPrinter {
 public:
  explicit SarifPrinter(Output& out) : out_(out) {}

  // Writes the description of the tool, with a rule for every kind of finding.
  [[nodiscard]] Result<void> begin() override;
  [[nodiscard]] Result<void> finding(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> summary(const std::string& image, int status,
                                     const Outcome& outcome) override;
  // Writes the images, the exit status and the summaries.
  [[nodiscard]] Result<void> end(const Total& total) override;

 private:
  size_t artifact(const std::string& image);
  void add_failure(const std::string& image, const Error& error);

  Output& out_;
  bool any_ = false;
  std::vector<std::string> images_;  // as given, in the order of their findings
  Json failures_ = Json::array();
  Json summaries_ = Json::array();
};

}  // namespace vde::cli
