// Findings as SARIF 2.1.0, the form that code scanning services take: one log with one run.
#pragma once

#include <string>
#include <vector>

#include "context.h"
#include "vde/verify.h"

namespace vde::cli {

// Written as it goes: begin(), the images' findings and summaries, end(). Memory does not grow with
// the findings.
class SarifLog {
 public:
  explicit SarifLog(Output& out) : out_(out) {}

  // The tool, with a rule for every kind of finding.
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> add(const std::string& image, const Finding& finding);
  // Why an image could not be verified, or not to its end.
  void add_failure(const std::string& image, const Error& error);
  void add_summary(const Json& summary) { summaries_.push_back(summary); }
  // The images, how it went, and the summaries.
  [[nodiscard]] Result<void> end(int status);

 private:
  size_t artifact(const std::string& image);

  Output& out_;
  bool any_ = false;
  std::vector<std::string> images_;  // as they were named, in the order of their findings
  Json failures_ = Json::array();
  Json summaries_ = Json::array();
};

}  // namespace vde::cli
