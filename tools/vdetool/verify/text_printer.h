// Findings and verdicts for people.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "verify/verify_printer.h"

namespace vde::cli {

class TextPrinter : public VerifyPrinter {
 public:
  explicit TextPrinter(Context& context) : context_(context) {}

  [[nodiscard]] Result<void> finding(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> plan(const std::string& image, const RepairPlan& plan) override;
  [[nodiscard]] Result<void> repaired(const std::string& image, const RepairPlan& plan) override;
  [[nodiscard]] Result<void> left(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> summary(const std::string& image, int status,
                                     const Outcome& outcome) override;
  [[nodiscard]] Result<void> end(const Total& total) override;

 private:
  // A kind of note, and the images that have it.
  struct NotedKind {
    std::string first_image;
    std::set<std::string> others;
  };

  [[nodiscard]] bool is_repeated_note(const std::string& image, const FindingKind& kind);
  [[nodiscard]] Result<void> say(const std::string& image, const std::string& text);
  [[nodiscard]] Result<void> say_structures(const std::string& image, const VerifySummary& counts);
  [[nodiscard]] Result<void> say_next(const std::string& image, const Outcome& outcome);

  Context& context_;
  std::map<std::string_view, NotedKind> noted_;
};

}  // namespace vde::cli
