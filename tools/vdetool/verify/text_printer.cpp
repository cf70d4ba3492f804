#include "verify/text_printer.h"

#include <fmt/format.h>

#include "repairing.h"
#include "vde/text.h"

namespace vde::cli {

// Whether an earlier image had a note of this kind. Every image of another writer may have it.
bool TextPrinter::is_repeated_note(const std::string& image, const FindingKind& kind) {
  if (kind.severity != Severity::kNote) return false;
  const auto [noted, is_first] = noted_.try_emplace(kind.code, NotedKind{image, {}});
  if (is_first || noted->second.first_image == image) return false;
  noted->second.others.insert(image);
  return true;
}

Result<void> TextPrinter::finding(const std::string& image, const Finding& finding) {
  if (is_repeated_note(image, *finding.kind)) return {};
  return context_.out.write(finding_text(image, finding, context_.wants_color()));
}

Result<void> TextPrinter::plan(const std::string& image, const RepairPlan& plan) {
  if (context_.globals.quiet) return {};
  return context_.out.write(repair_plan_text(image, plan));
}

Result<void> TextPrinter::repaired(const std::string& image, const RepairPlan& plan) {
  if (context_.globals.quiet) return {};
  return context_.out.write(repair_done_text(image, plan));
}

Result<void> TextPrinter::left(const std::string& image, const Finding& finding) {
  return context_.out.write(finding_text(image, finding, context_.wants_color(), "left: "));
}

Result<void> TextPrinter::summary(const std::string& image, int status, const Outcome& outcome) {
  // Of an image that could not be judged, the error says all.
  if (context_.globals.quiet || outcome.error) return {};
  VDE_TRY(say(image, outcome_text(status, outcome)));
  VDE_TRY(
      say_structures(image, outcome.is_applied() ? outcome.repaired->plan.after : outcome.counts));
  if (outcome.repaired == nullptr) return say_next(image, outcome);
  if (outcome.repaired->undo.empty()) return {};
  return context_.out.write(revert_text(image, outcome.repaired->undo));
}

Result<void> TextPrinter::end(const Total& total) {
  if (context_.globals.quiet) return {};
  for (const auto& [code, noted] : noted_)
    if (!noted.others.empty())
      VDE_TRY(context_.out.write(
          fmt::format("note {}: also in {}\n", code, counted(noted.others.size(), "other image"))));
  // A pipe gets lines about single images.
  if (total.images < 2 || !Context::is_terminal()) return {};
  return context_.out.write(total_text(total) + "\n");
}

Result<void> TextPrinter::say(const std::string& image, const std::string& text) {
  return context_.out.write(fmt::format("{}: {}\n", escape(image), text));
}

// What is intact in a damaged image, and what was not checked.
Result<void> TextPrinter::say_structures(const std::string& image, const VerifySummary& counts) {
  // In a clean image everything is intact.
  if (counts.errors + counts.warnings > 0)
    VDE_TRY(say(image, counts.intact.empty() ? "no structure is intact"
                                             : "intact: " + joined(counts.intact)));
  if (counts.not_checked.empty()) return {};
  return say(image, "not checked: " + joined(counts.not_checked));
}

Result<void> TextPrinter::say_next(const std::string& image, const Outcome& outcome) {
  if (outcome.to_explain.empty()) return {};
  std::string next = fmt::format("run 'vdetool explain {}'", outcome.to_explain);
  if (image != "-" && outcome.counts.errors > 0)
    next += fmt::format(", then 'vdetool verify {} --repair --dry-run'", escape(image));
  return say(image, next);
}

}  // namespace vde::cli
