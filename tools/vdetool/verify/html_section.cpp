#include "verify/html_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "map/map_html.h"
#include "markup.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

constexpr size_t kMaxPerCode = 50;

std::string definition(std::string_view term, std::string_view text) {
  return text.empty() ? std::string() : fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, markup(text));
}

std::string explanation(const FindingKind& kind) {
  return "<dl>\n" + definition("Meaning", kind.meaning) + definition("At risk", kind.risk) +
         definition("To do", kind.next) + definition("Repair", repair_words(kind)) +
         definition("Repair loses", kind.loses) + "</dl>\n";
}

std::string finding_row(const Finding& finding) {
  std::string details = markup(finding.message.empty() ? finding.kind->title : finding.message);
  if (!finding.affects.empty())
    details += fmt::format("<br/><span class=\"quiet\">affects: {}</span>",
                           markup(joined(finding.affects)));
  if (finding.fixable) details += "<br/><span class=\"quiet\">a repair can probably fix it</span>";
  return fmt::format("<tr><td class=\"n\">{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
                     finding.block ? std::to_string(*finding.block) : "", markup(finding.region),
                     details);
}

std::string heading_html(unsigned level, std::string_view text) {
  return fmt::format("<h{0}>{1}</h{0}>\n", level, text);
}

std::string structures_html(const Outcome& outcome, unsigned heading) {
  const auto list = [](const std::vector<std::string>& names, std::string_view none) {
    if (names.empty()) return fmt::format("<p class=\"quiet\">{}</p>\n", none);
    std::string text = "<ul class=\"names\">";
    for (const std::string& name : names) text += fmt::format("<li>{}</li>", markup(name));
    return text + "</ul>\n";
  };
  return heading_html(heading, "Intact") + list(outcome.counts.intact, "no structure") +
         heading_html(heading, "Not checked") +
         list(outcome.counts.not_checked, "everything was checked");
}

std::string next_html(const std::string& image, const Outcome& outcome) {
  if (outcome.counts.errors == 0 || image == "-") return {};
  return fmt::format(
      "<p class=\"next\">Next: <code>vdetool verify {} --repair --dry-run</code> shows what a "
      "repair "
      "would do. It changes nothing.</p>\n",
      markup_bytes(image));
}

}  // namespace

HtmlVerdict html_verdict(int status, const Outcome& outcome) {
  const VerifySummary& counts = outcome.counts;
  const std::string numbers =
      fmt::format("{}, {}, {}", counted(counts.errors, "error"),
                  counted(counts.warnings, "warning"), counted(counts.notes, "note"));
  if ((status & (kOperational | kInterrupted)) != 0)
    return {"stopped", "?", counts.errors > 0 ? "Damaged, not checked completely" : "Not checked",
            numbers};
  if (counts.errors > 0) return {"bad", "\u2715", "Damaged", numbers};
  if (status != kDone) return {"bad", "!", "Failed", numbers};
  if (counts.warnings > 0) return {"fair", "!", "Clean, with warnings", numbers};
  return {"good", "\u2713", "Clean", numbers};
}

void HtmlSection::add(const Finding& finding) {
  found_.add(finding);
  const FindingKind& kind = *finding.kind;
  Group& group = groups_.try_emplace({kind.severity, kind.code}, Group{&kind, 0, {}}).first->second;
  ++group.count;
  if (group.listed.size() >= kMaxPerCode || listed_ >= max_listed_) return;
  group.listed.push_back(finding);
  ++listed_;
}

void HtmlSection::draw(BlockFile& file, const Activity& activity) {
  auto map = BlockMap::read(file, found_, activity);
  if (!map) return;
  auto picture = MapPicture::make(*map, map->all(), kMapHtmlCells);
  if (!picture) return;
  const std::string label = escape(map->label());
  if (!label.empty()) map_ = fmt::format("<p class=\"label\">Label: {}</p>\n", markup(label));
  map_ += map_html(*picture);
}

std::string HtmlSection::group_html(const std::string& image, const Group& group,
                                    unsigned heading) {
  const std::string_view severity = severity_name(group.kind->severity);
  std::string text =
      heading_html(heading, fmt::format("<code>{}</code> {} <span class=\"{} count\">{}</span>",
                                        group.kind->code, markup(group.kind->title), severity,
                                        counted(group.count, severity)));
  text += explanation(*group.kind);
  if (!group.listed.empty()) {
    text += fmt::format(
        "<table class=\"findings\"><caption class=\"hidden\">Findings {}</caption><thead><tr><th "
        "scope=\"col\" class=\"n\">Block</th><th scope=\"col\">Region</th><th "
        "scope=\"col\">Details</th></tr></thead><tbody>\n",
        group.kind->code);
    for (const Finding& finding : group.listed) text += finding_row(finding);
    text += "</tbody></table>\n";
  }
  if (group.count > group.listed.size())
    text += fmt::format(
        "<p class=\"more\">and {} more: <code>vdetool verify {}</code> prints all.</p>\n",
        group.count - group.listed.size(), markup_bytes(image));
  return text;
}

std::string HtmlSection::findings_html(const std::string& image, const VerifySummary& counts,
                                       unsigned heading) const {
  std::string text = heading_html(heading, "Findings");
  uint64_t hidden = counts.errors + counts.warnings + counts.notes;
  if (hidden == 0) return text + "<p class=\"quiet\">none</p>\n";
  for (const auto& [key, group] : groups_) hidden -= std::min(hidden, group.count);
  if (hidden > 0)
    text += fmt::format(
        "<p class=\"quiet\">The options of the run leave out {}, here and in the map.</p>\n",
        counted(hidden, "finding"));
  for (const auto& [key, group] : groups_) text += group_html(image, group, heading + 1);
  return text;
}

std::string HtmlSection::html(const std::string& image, int status, const Outcome& outcome,
                              unsigned heading) const {
  const HtmlVerdict verdict = html_verdict(status, outcome);
  std::string text = fmt::format(
      "<p class=\"verdict {}\"><span class=\"sign\" "
      "aria-hidden=\"true\">{}</span><strong>{}</strong> "
      "<span>{}</span> <span class=\"quiet\">{} checked</span></p>\n",
      verdict.style, verdict.sign, verdict.word, verdict.details,
      counted(outcome.counts.blocks_checked, "block"));
  if (outcome.error) {
    const std::string hint = outcome.error->hint.empty() ? "" : "; " + outcome.error->hint;
    text += fmt::format("<p class=\"failure\">{}</p>\n", markup(outcome.error->message + hint));
  }
  text += next_html(image, outcome);
  text += heading_html(heading, "Map");
  text += map_.empty() ? fmt::format("<p class=\"quiet\">{}</p>\n",
                                     image == "-" ? "none: the image came from a stream"
                                                  : "none: the regions are not known")
                       : map_;
  return text + findings_html(image, outcome.counts, heading) + structures_html(outcome, heading);
}

}  // namespace vde::cli
