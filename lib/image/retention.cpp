#include "vde/snapshots.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "base/local_time.h"

namespace vde {
namespace {

constexpr std::array<std::string_view, 8> kReasonNames = {"last",    "hourly", "daily",  "weekly",
                                                          "monthly", "yearly", "within", "label"};

bool has_time(const Snapshot& snapshot) {
  return snapshot.created != Ticks{};
}

// The living ones, newest first.
std::vector<RetentionChoice> living_of(std::span<const Snapshot> snapshots) {
  std::vector<size_t> order(snapshots.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(order, [&](size_t i) { return snapshots[i].is_deleted(); });
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const Snapshot& one = snapshots[a];
    const Snapshot& other = snapshots[b];
    if (has_time(one) != has_time(other)) return has_time(one);
    return one.created != other.created ? one.created > other.created : a > b;
  });
  std::vector<RetentionChoice> living;
  living.reserve(order.size());
  for (const size_t i : order) living.push_back({snapshots[i], {}});
  return living;
}

// A period by number. The second number distinguishes the two hours when the clock shows one twice.
using Period = std::pair<int64_t, int64_t>;

// The newest of each of the last `left` periods.
struct PeriodRule {
  KeepReason reason;
  uint64_t left;
  Period (*period_of)(const LocalTime&);
  std::set<Period> seen = {};

  bool keeps(const LocalTime& time) {
    if (left == 0 || !seen.insert(period_of(time)).second) return false;
    --left;
    return true;
  }
};

std::array<PeriodRule, 5> period_rules(const RetentionRules& rules) {
  return {{
      {KeepReason::kHourly, rules.hourly,
       [](const LocalTime& t) { return Period(t.hour(), t.offset); }},
      {KeepReason::kDaily, rules.daily, [](const LocalTime& t) { return Period(t.day(), 0); }},
      {KeepReason::kWeekly, rules.weekly, [](const LocalTime& t) { return Period(t.week(), 0); }},
      {KeepReason::kMonthly, rules.monthly,
       [](const LocalTime& t) { return Period(t.month(), 0); }},
      {KeepReason::kYearly, rules.yearly, [](const LocalTime& t) { return Period(t.year(), 0); }},
  }};
}

// Seconds since 1970 and ticks of the next second: unlike Ticks, they can be earlier than all
// times.
using Moment = std::pair<int64_t, int64_t>;

Moment moment_of(Ticks time) {
  const int64_t ticks = time.value % kTicksPerSecond;
  return {to_unix_seconds(time), ticks < 0 ? ticks + kTicksPerSecond : ticks};
}

// The oldest time that is within `span` before `newest`. Years, months and days are those of the
// local calendar, an hour has 3600 seconds.
Moment start_of(const CalendarSpan& span, Ticks newest) {
  auto [seconds, ticks] = moment_of(newest);
  const int64_t months = int64_t{span.years} * 12 + span.months;
  const auto local = local_time(newest);
  if (local && (months > 0 || span.days > 0)) {
    const int64_t start = months_before(local->seconds, months);
    if (start == INT64_MIN) return {INT64_MIN, 0};
    seconds = utc_of_local(start - int64_t{span.days} * 86400);
  }
  return {seconds - int64_t{span.hours} * 3600, ticks};
}

void keep_within(const CalendarSpan& span, std::vector<RetentionChoice>& choices) {
  if (span == CalendarSpan{} || choices.empty() || !has_time(choices[0].snapshot)) return;
  const Moment start = start_of(span, choices[0].snapshot.created);
  for (RetentionChoice& choice : choices)
    if (has_time(choice.snapshot) && moment_of(choice.snapshot.created) >= start)
      choice.reasons.push_back(KeepReason::kWithin);
}

void keep_periods(const RetentionRules& rules, std::vector<RetentionChoice>& choices) {
  auto periods = period_rules(rules);
  for (RetentionChoice& choice : choices) {
    if (!has_time(choice.snapshot)) continue;
    const auto time = local_time(choice.snapshot.created);
    if (!time) continue;
    for (PeriodRule& rule : periods)
      if (rule.keeps(*time)) choice.reasons.push_back(rule.reason);
  }
}

}  // namespace

std::string_view keep_reason_name(KeepReason reason) {
  return kReasonNames[static_cast<size_t>(reason)];
}

std::vector<RetentionChoice> choose_snapshots(const RetentionRules& rules,
                                              std::span<const Snapshot> snapshots) {
  update_time_zone();
  std::vector<RetentionChoice> choices = living_of(snapshots);
  for (size_t i = 0; i < choices.size() && i < rules.last; ++i)
    choices[i].reasons.push_back(KeepReason::kLast);
  keep_periods(rules, choices);
  keep_within(rules.within, choices);
  for (RetentionChoice& choice : choices)
    if (std::find(rules.labels.begin(), rules.labels.end(), choice.snapshot.label) !=
        rules.labels.end())
      choice.reasons.push_back(KeepReason::kLabel);
  return choices;
}

}  // namespace vde
