// What verify prints: findings, verdicts and summaries, for people and as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context.h"
#include "repairing.h"
#include "vde/repair.h"
#include "vde/verify.h"

namespace vde::cli {

[[nodiscard]] Json finding_json(const std::string& image, const Finding& finding);
// `mark` comes after the image: "left: " for a finding that a repair left.
[[nodiscard]] std::string finding_text(const std::string& image, const Finding& finding, bool color,
                                       std::string_view mark = "");

// Whether a repair can fix findings of this kind, as the end of a sentence that starts with
// "Repair:".
[[nodiscard]] std::string_view repair_words(const FindingKind& kind);

// "1 error", "2 errors".
[[nodiscard]] std::string counted(uint64_t number, std::string_view thing);
// "a, b".
[[nodiscard]] std::string joined(const std::vector<std::string>& words);
// Whether a step of the plan loses entries.
[[nodiscard]] bool loses_entries(const RepairPlan& plan);
// "2 tags, 1 module"; "an unknown number of entries" if nothing was counted.
[[nodiscard]] std::string lost_text(const LostCounts& lost);

// What is known of one image at its end.
struct Outcome {
  VerifySummary counts;  // before a repair
  uint64_t corrected = 0;
  uint64_t left = 0;                   // errors
  uint64_t lost = 0;                   // entries
  uint64_t accepted = 0;               // findings that the baseline accepts
  std::string lost_file = {};          // or empty
  std::optional<Error> error = {};     // why it was not checked completely
  std::string_view to_explain = {};    // the code of the finding to explain first, or empty
  const Repaired* repaired = nullptr;  // with --repair
  VerifySummary left_counts = {};      // of the findings that a repair left

  [[nodiscard]] bool is_applied() const { return repaired != nullptr && repaired->applied; }
};
// The verdict on an image that was checked completely, and the number of blocks.
[[nodiscard]] std::string outcome_text(int status, const Outcome& outcome);
[[nodiscard]] Json summary_json(int status, const Outcome& outcome);
// The numbers of a run over several images.
struct Total {
  int status = 0;
  uint64_t images = 0;
  uint64_t clean = 0;
  uint64_t repaired = 0;
  uint64_t damaged = 0;
  uint64_t failed = 0;  // not checked completely
  VerifySummary counts;
  uint64_t corrected = 0;
  uint64_t left = 0;
  uint64_t lost = 0;
  uint64_t accepted = 0;

  // Adds an image with its exit status.
  void add(int of_image, const Outcome& outcome);
};
[[nodiscard]] Json total_json(const Total& total);
// "3 images: 1 clean, 1 damaged, 1 not checked completely".
[[nodiscard]] std::string total_text(const Total& total);

}  // namespace vde::cli
