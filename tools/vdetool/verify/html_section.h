// One image in the page of `verify --format html`.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "context.h"
#include "vde/map.h"
#include "verify_text.h"

namespace vde::cli {

class HtmlSection {
 public:
  // `max_listed`: the findings that the section may list one by one.
  explicit HtmlSection(size_t max_listed) : max_listed_(max_listed) {}

  void add(const Finding& finding);
  // After the findings: the map of the image.
  void draw(BlockFile& file, const Activity& activity);

  [[nodiscard]] size_t listed() const { return listed_; }
  // `heading` is the level of its headings, the image's own is one above.
  [[nodiscard]] std::string html(const std::string& image, int status, const Outcome& outcome,
                                 unsigned heading) const;

 private:
  struct Group {
    const FindingKind* kind;
    uint64_t count = 0;
    std::vector<Finding> listed;
  };

  [[nodiscard]] std::string findings_html(const std::string& image, const VerifySummary& counts,
                                          unsigned heading) const;
  [[nodiscard]] static std::string group_html(const std::string& image, const Group& group,
                                              unsigned heading);

  size_t max_listed_;
  size_t listed_ = 0;
  MapFindings found_;
  std::map<std::pair<Severity, std::string_view>, Group> groups_;  // the worst first
  std::string map_;
};

// How an image is: a class of the page's style sheet, and words.
struct HtmlVerdict {
  std::string_view style;  // "good", "fair", "bad", "stopped"
  std::string_view sign;
  std::string word;     // "Damaged"
  std::string details;  // "3 errors, 0 warnings, 1 note"
};
[[nodiscard]] HtmlVerdict html_verdict(int status, const Outcome& outcome);

}  // namespace vde::cli
