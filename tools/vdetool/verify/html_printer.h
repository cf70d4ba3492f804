// What verify found as one HTML page that needs nothing else: no script, no file, no network.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/html_section.h"
#include "verify/verify_printer.h"

namespace vde::cli {

// The page begins with the verdicts, so end() writes it. Memory grows with the number of images,
// not with that of findings. The maps are read after the verification, with a lock of their own.
class HtmlPrinter : public VerifyPrinter {
 public:
  explicit HtmlPrinter(Context& context) : context_(context) {}

  [[nodiscard]] Result<void> finding(const std::string& image, const Finding& finding) override;
  [[nodiscard]] Result<void> summary(const std::string& image, int status,
                                     const Outcome& outcome) override;
  [[nodiscard]] Result<void> end(const Total& total) override;

 private:
  // An image that is finished.
  struct Done {
    std::string image;
    HtmlVerdict verdict;
    VerifySummary counts;
    std::string html;  // with headings of level 3
  };

  HtmlSection& section();
  [[nodiscard]] std::string table() const;

  Context& context_;
  std::optional<HtmlSection> section_;  // of the current image
  size_t listed_ = 0;                   // findings on the page
  std::vector<Done> done_;
};

}  // namespace vde::cli
