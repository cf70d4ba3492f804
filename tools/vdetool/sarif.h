// Findings as SARIF 2.1.0, the format that code scanning services read: one log with one run.
#pragma once

#include <string>
#include <vector>

#include "context.h"
#include "vde/verify.h"

namespace vde::cli {

// Call begin(), then add the findings and summaries, then end(). Findings are written at once, so
// that memory does not grow with their number.
class SarifLog {
 public:
  explicit SarifLog(Output& out) : out_(out) {}

  // Writes the description of the tool, with a rule for every kind of finding.
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> add(const std::string& image, const Finding& finding);
  // Records why an image could not be verified completely.
  void add_failure(const std::string& image, const Error& error);
  void add_summary(const Json& summary) { summaries_.push_back(summary); }
  // Writes the images, the exit status and the summaries.
  [[nodiscard]] Result<void> end(int status);

 private:
  size_t artifact(const std::string& image);

  Output& out_;
  bool any_ = false;
  std::vector<std::string> images_;  // as given, in the order of their findings
  Json failures_ = Json::array();
  Json summaries_ = Json::array();
};

}  // namespace vde::cli
