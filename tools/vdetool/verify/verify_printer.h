// What verify prints on standard output. Each format is a class of its own.
#pragma once

#include <memory>
#include <string>

#include "context.h"
#include "verify_text.h"

namespace vde::cli {

struct VerifyArguments;

// Called by one thread: begin(), then image by image in the order of the arguments, then end().
// For each image: its findings, with --repair also plan(), repaired() and what is left, then
// summary(). With --summary: summary() and end() only.
class VerifyPrinter {
 public:
  VerifyPrinter() = default;
  VerifyPrinter(const VerifyPrinter&) = delete;
  VerifyPrinter& operator=(const VerifyPrinter&) = delete;
  virtual ~VerifyPrinter() = default;

  [[nodiscard]] virtual Result<void> begin() { return {}; }
  // A finding that is to be printed.
  [[nodiscard]] virtual Result<void> finding(const std::string& image, const Finding& finding) = 0;
  // The plan of a repair, before it is applied.
  [[nodiscard]] virtual Result<void> plan(const std::string& /*image*/,
                                          const RepairPlan& /*plan*/) {
    return {};
  }
  // The plan was applied.
  [[nodiscard]] virtual Result<void> repaired(const std::string& /*image*/,
                                              const RepairPlan& /*plan*/) {
    return {};
  }
  // An error or a warning that a repair left.
  [[nodiscard]] virtual Result<void> left(const std::string& /*image*/,
                                          const Finding& /*finding*/) {
    return {};
  }
  // The outcome for an image; an error is on standard error already.
  [[nodiscard]] virtual Result<void> summary(const std::string& image, int status,
                                             const Outcome& outcome) = 0;
  // `total` includes the images that could not be checked.
  [[nodiscard]] virtual Result<void> end(const Total& total) = 0;
};

// The printer of the format that `arguments` name.
[[nodiscard]] std::unique_ptr<VerifyPrinter> make_verify_printer(Context& context,
                                                                 const VerifyArguments& arguments);

}  // namespace vde::cli
