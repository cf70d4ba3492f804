#include "verify/html_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "map/map_html.h"
#include "markup.h"
#include "vde/ticks.h"
#include "verify/html_style.h"

namespace vde::cli {
namespace {

constexpr size_t kMaxListed = 1000;      // findings of an image
constexpr size_t kMaxListedAll = 20000;  // of the page

std::string page_title(const std::vector<std::string>& images) {
  return images.size() == 1 ? markup_bytes(images.front()) : counted(images.size(), "image");
}

std::string now_text() {
  const auto now = current_ticks();
  if (!now) return {};
  const std::string text = to_string(*now);
  return text.substr(0, text.find('.')) + "Z";
}

}  // namespace

// An image without findings has no section before its summary.
HtmlSection& HtmlPrinter::section() {
  if (!section_)
    section_.emplace(std::min(kMaxListed, kMaxListedAll - std::min(listed_, kMaxListedAll)));
  return *section_;
}

Result<void> HtmlPrinter::finding(const std::string& /*image*/, const Finding& finding) {
  section().add(finding);
  return {};
}

Result<void> HtmlPrinter::summary(const std::string& image, int status, const Outcome& outcome) {
  if (image != "-" && !context_.activity.stop) {
    const auto file = context_.open_storage(image, OpenMode::kRead);
    if (file) section().draw(**file, context_.activity);
  }
  done_.push_back({image, html_verdict(status, outcome), outcome.counts,
                   section().html(image, status, outcome, 3)});
  listed_ += section().listed();
  section_.reset();
  return {};
}

std::string HtmlPrinter::table() const {
  std::string text =
      "<table class=\"images\"><thead><tr><th scope=\"col\">Image</th><th "
      "scope=\"col\">Verdict</th><th scope=\"col\" class=\"n\">Errors</th><th scope=\"col\" "
      "class=\"n\">Warnings</th><th scope=\"col\" class=\"n\">Notes</th></tr></thead><tbody>\n";
  for (size_t i = 0; i < done_.size(); ++i)
    text += fmt::format(
        "<tr><td><a href=\"#image-{}\">{}</a></td><td class=\"{}\"><span class=\"sign\" "
        "aria-hidden=\"true\">{}</span>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td></tr>\n",
        i + 1, markup_bytes(done_[i].image), done_[i].verdict.style, done_[i].verdict.sign,
        done_[i].verdict.word, done_[i].counts.errors, done_[i].counts.warnings,
        done_[i].counts.notes);
  return text + "</tbody></table>\n";
}

Result<void> HtmlPrinter::end(const Total& total) {
  std::vector<std::string> images;
  for (const Done& done : done_) images.push_back(done.image);
  const std::string title = page_title(images);
  VDE_TRY(context_.out.write(
      fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta "
                  "name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta "
                  "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                  "'unsafe-inline'\"/>\n<title>Verification of "
                  "{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n"
                  "<header><h1>Verification of {}</h1>\n<p class=\"quiet\">vdetool {}, "
                  "{}</p></header>\n<main>\n",
                  title, kHtmlStyle, map_html_style(), title, VDE_VERSION, now_text())));
  if (done_.size() > 1)
    VDE_TRY(context_.out.write(
        fmt::format("<p class=\"total\">{}</p>\n{}", markup(total_text(total)), table())));
  for (size_t i = 0; i < done_.size(); ++i)
    VDE_TRY(context_.out.write(fmt::format("<section id=\"image-{}\">\n<h2>{}</h2>\n{}</section>\n",
                                           i + 1, markup_bytes(done_[i].image), done_[i].html)));
  return context_.out.write(fmt::format(
      "</main>\n<footer class=\"quiet\">Exit status {}: {}</footer>\n</body>\n</html>\n",
      total.status, markup(status_meaning(total.status))));
}

}  // namespace vde::cli
