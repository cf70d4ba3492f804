// Decides which snapshots to keep, by rules such as "the newest of each of the last seven days".
//
//   RetentionRules rules;
//   rules.daily = 7;
//   for (const RetentionChoice& choice : choose_snapshots(rules, snapshots))
//     if (!choice.is_kept()) ...
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vde/snapshots.h"

namespace vde {

// A length of time by the calendar.
struct CalendarSpan {
  uint32_t years = 0;
  uint32_t months = 0;
  uint32_t days = 0;
  uint32_t hours = 0;

  bool operator==(const CalendarSpan&) const = default;
};

// A snapshot is kept if one of the rules keeps it. A number of 0, an empty span and an empty list
// mean that there is no such rule.
struct RetentionRules {
  uint64_t last = 0;                     // the newest snapshots
  uint64_t hourly = 0;                   // the newest snapshot of each of the last N hours ...
  uint64_t daily = 0;                    // ... days
  uint64_t weekly = 0;                   // ... ISO weeks, which begin on Monday
  uint64_t monthly = 0;                  // ... months
  uint64_t yearly = 0;                   // ... years that have a snapshot
  CalendarSpan within = {};              // all that are at most this much older than the newest one
  std::vector<std::string> labels = {};  // all that have exactly one of these labels

  bool operator==(const RetentionRules&) const = default;
};

enum class KeepReason : uint8_t {
  kLast,
  kHourly,
  kDaily,
  kWeekly,
  kMonthly,
  kYearly,
  kWithin,
  kLabel,
};
// "last", "hourly" and so on.
[[nodiscard]] std::string_view keep_reason_name(KeepReason reason);

struct RetentionChoice {
  Snapshot snapshot;
  std::vector<KeepReason> reasons;  // the rules that keep it, in the order of KeepReason

  [[nodiscard]] bool is_kept() const { return !reasons.empty(); }
};

// Applies the rules to those of `snapshots` (in table order) that are not deleted. Returns them
// with the newest first; of equal times the one that is later in the table comes first. A snapshot
// without a time (0 ticks) is older than all others, and is in no hour, day, week, month or year,
// nor within a span. Flags protect no snapshot. Periods are those of the time zone that TZ names;
// an hour that occurs twice when clocks are set back counts as two.
[[nodiscard]] std::vector<RetentionChoice> choose_snapshots(const RetentionRules& rules,
                                                            std::span<const Snapshot> snapshots);

}  // namespace vde
