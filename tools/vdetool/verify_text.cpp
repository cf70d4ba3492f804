#include "verify_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "vde/text.h"

namespace vde::cli {
namespace {

// "2 warnings, 1 note": of several numbers those that are not 0.
std::string warnings_and_notes(const VerifySummary& counts) {
  std::vector<std::string> parts;
  if (counts.warnings > 0) parts.push_back(counted(counts.warnings, "warning"));
  if (counts.notes > 0) parts.push_back(counted(counts.notes, "note"));
  return joined(parts);
}

// The outcome of a verification without a repair, or of a dry run.
std::string verdict_text(int status, const VerifySummary& counts, bool has_accepted) {
  if (status == kDone) {
    const std::string rest = warnings_and_notes(counts);
    const std::string word = has_accepted ? "no new damage" : "clean";
    return rest.empty() ? word : word + ", with " + rest;
  }
  if (counts.errors == 0) return "failed: " + warnings_and_notes(counts);
  return fmt::format("damaged: {}, {}, {}", counted(counts.errors, "error"),
                     counted(counts.warnings, "warning"), counted(counts.notes, "note"));
}

// What a repair left: `before` was found, `left` is left of it.
std::string rest_text(const VerifySummary& before, const VerifySummary& left) {
  // What a repair makes readable may show more damage.
  if (left.errors > before.errors)
    return fmt::format("partly repaired: {} left", counted(left.errors, "error"));
  if (left.errors > 0)
    return fmt::format("partly repaired: {} of {} left", left.errors,
                       counted(before.errors, "error"));
  if (left.warnings > 0)
    return fmt::format("all errors corrected, {} left", counted(left.warnings, "warning"));
  return "repaired";
}

// The outcome of a repair.
std::string repair_text(const VerifySummary& before, const VerifySummary& left,
                        const std::string& lost) {
  const std::string text = rest_text(before, left);
  return lost.empty() ? text : fmt::format("{}; lost: {}", text, lost);
}

// The meaning of a status, without calling clean what is only accepted.
std::string verify_meaning(int status, uint64_t accepted) {
  return status == kDone && accepted > 0 ? "clean except for accepted findings"
                                         : status_meaning(status);
}

// What a repair lost, and where the list of it is; empty if it lost nothing.
std::string loss_text(const Repaired& repaired) {
  std::string lost = loses_entries(repaired.plan) ? lost_text(repaired.plan.lost) : "";
  if (!repaired.lost_file.empty()) lost += fmt::format(" (list: {})", escape(repaired.lost_file));
  return lost;
}

}  // namespace

Json finding_json(const std::string& image, const Finding& finding) {
  Json json{{"type", "finding"},
            {"code", finding.kind->code},
            {"severity", severity_name(finding.kind->severity)},
            {"block", finding.block ? Json(*finding.block) : Json(nullptr)},
            {"region", finding.region.empty() ? Json(nullptr) : Json(finding.region)},
            {"message", finding.message},
            {"title", finding.kind->title},
            {"fixable", finding.fixable},
            {"affects", finding.affects}};
  return with_header("verify", image, json);
}

std::string finding_text(const std::string& image, const Finding& finding, bool color,
                         std::string_view mark) {
  const std::string_view severity = severity_name(finding.kind->severity);
  std::string word(severity);
  if (color && finding.kind->severity != Severity::kNote)
    word = fmt::format("\x1b[{}m{}\x1b[0m",
                       finding.kind->severity == Severity::kError ? "1;31" : "33", severity);
  std::string place;
  if (finding.block) place = fmt::format(" block {}", *finding.block);
  if (!finding.region.empty()) place += fmt::format(" ({})", finding.region);
  return fmt::format("{}: {}{} {}{}: {}{}{}\n", escape(image), mark, word, finding.kind->code,
                     place, finding.kind->title, finding.message.empty() ? "" : ": ",
                     finding.message);
}

std::string_view repair_words(const FindingKind& kind) {
  switch (kind.fixable) {
    case Fixable::kAlways:
      return "possible. Run 'vdetool verify IMAGE --repair --dry-run' to see the plan.";
    case Fixable::kSometimes:
      return "sometimes possible. Run 'vdetool verify IMAGE --repair --dry-run' to see.";
    case Fixable::kNever:
      break;
  }
  return kind.next.starts_with("Nothing needs to be done")
             ? "not needed."
             : "not possible with 'vdetool verify --repair'.";
}

std::string counted(uint64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string outcome_text(int status, const Outcome& outcome) {
  const std::string verdict =
      outcome.is_applied()
          ? repair_text(outcome.counts, outcome.left_counts, loss_text(*outcome.repaired))
          : verdict_text(status, outcome.counts, outcome.accepted > 0);
  const std::string accepted =
      outcome.accepted > 0 ? "; " + counted(outcome.accepted, "accepted finding") : "";
  return fmt::format("{}{} ({} checked)", verdict, accepted,
                     counted(outcome.counts.blocks_checked, "block"));
}

Json summary_json(int status, const Outcome& outcome) {
  const VerifySummary& counts = outcome.counts;
  Json json{{"type", "summary"},
            {"status", status},
            {"meaning", verify_meaning(status, outcome.accepted)},
            {"errors", counts.errors},
            {"warnings", counts.warnings},
            {"notes", counts.notes},
            {"corrected", outcome.corrected},
            {"left", outcome.left},
            {"lost", outcome.lost}};
  put_name(json, "lost_file", outcome.lost_file);
  json["accepted"] = outcome.accepted;
  json["blocks_checked"] = counts.blocks_checked;
  json["intact"] = counts.intact;
  json["not_checked"] = counts.not_checked;
  json["error"] = outcome.error ? Json(outcome.error->message) : Json(nullptr);
  return json;
}

void Total::add(int of_image, const Outcome& outcome) {
  ++images;
  status |= of_image;
  if (outcome.error)
    ++failed;
  else if ((of_image & kDamageLeft) != 0)
    ++damaged;
  else if ((of_image & kNothing) != 0)
    ++repaired;
  else
    ++clean;
  counts.errors += outcome.counts.errors;
  counts.warnings += outcome.counts.warnings;
  counts.notes += outcome.counts.notes;
  counts.blocks_checked += outcome.counts.blocks_checked;
  corrected += outcome.corrected;
  left += outcome.left;
  lost += outcome.lost;
  accepted += outcome.accepted;
}

Json total_json(const Total& total) {
  return Json{{"schema_version", kSchemaVersion},
              {"command", "verify"},
              {"type", "total"},
              {"status", total.status},
              {"meaning", verify_meaning(total.status, total.accepted)},
              {"images", total.images},
              {"clean", total.clean},
              {"repaired", total.repaired},
              {"damaged", total.damaged},
              {"failed", total.failed},
              {"errors", total.counts.errors},
              {"warnings", total.counts.warnings},
              {"notes", total.counts.notes},
              {"corrected", total.corrected},
              {"left", total.left},
              {"lost", total.lost},
              {"accepted", total.accepted},
              {"blocks_checked", total.counts.blocks_checked}};
}

std::string total_text(const Total& total) {
  std::vector<std::string> parts;
  const auto add = [&](uint64_t number, std::string_view word) {
    if (number > 0) parts.push_back(fmt::format("{} {}", number, word));
  };
  add(total.clean, total.accepted > 0 ? "without new damage" : "clean");
  add(total.repaired, "repaired");
  add(total.damaged, "damaged");
  add(total.failed, "not checked completely");
  std::string text = fmt::format("{}: {}", counted(total.images, "image"), joined(parts));
  if (total.accepted > 0) text += "; " + counted(total.accepted, "accepted finding");
  return text;
}

bool loses_entries(const RepairPlan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [](const RepairStep& step) { return !step.loses.empty(); });
}

std::string lost_text(const LostCounts& lost) {
  std::vector<std::string> parts;
  const auto add = [&](uint64_t number, std::string_view one, std::string_view many) {
    if (number > 0) parts.push_back(fmt::format("{} {}", number, number == 1 ? one : many));
  };
  add(lost.tags, "tag", "tags");
  add(lost.snapshots, "snapshot", "snapshots");
  add(lost.modules, "module", "modules");
  add(lost.policies, "policy", "policies");
  add(lost.others, "other entry", "other entries");
  return parts.empty() ? "an unknown number of entries" : joined(parts);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace vde::cli
