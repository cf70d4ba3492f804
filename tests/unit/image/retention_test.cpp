// Retention rules, as a table of cases that can be checked with a calendar.
#include "vde/snapshots.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "support/random.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr const char* kNone = "-";  // no rule keeps it

// Zones are written with their rules, so that no database of zones is needed. CET: clocks are set
// forward at 02:00 on the last Sunday of March, and back at 03:00 on the last one of October.
constexpr const char* kUtc = "UTC0";
constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
// Clocks are set back at 00:01, to 23:01 of the day before.
constexpr const char* kStJohns = "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01";

// A snapshot: its time on a clock, that clock's hours from UTC (minutes after a point), and the
// rules that keep it.
struct Row {
  const char* time;  // "2024-03-31 03:30 +02", or "never"
  const char* kept_by;
  const char* label = "";
  uint16_t flags = 0;
};

struct Case {
  const char* name;
  const char* zone;
  RetentionRules rules;
  std::vector<Row> rows;  // newest first; the table holds them in the opposite order
};

Ticks ticks_of(const std::string& text) {
  if (text == "never") return {};
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  char sign = '+';
  int offset_hours = 0;
  int offset_minutes = 0;
  REQUIRE(std::sscanf(text.c_str(), "%d-%u-%u %d:%d %c%d:%d", &year, &month, &day, &hour, &minute,
                      &sign, &offset_hours, &offset_minutes) >= 7);
  using namespace std::chrono;
  const sys_days date = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
  const int64_t offset = (offset_hours * 60 + offset_minutes) * (sign == '-' ? -60 : 60);
  return from_unix_seconds(date.time_since_epoch().count() * int64_t{86400} + hour * 3600 +
                           minute * 60 - offset);
}

Snapshot snapshot_at(Ticks created, size_t number, std::string label = {}, uint16_t flags = 0) {
  Snapshot snapshot;
  snapshot.id.bytes[0] = static_cast<uint8_t>(number);
  snapshot.id.bytes[1] = static_cast<uint8_t>(number >> 8);
  snapshot.id.bytes[15] = 1;
  snapshot.created = created;
  snapshot.label = std::move(label);
  snapshot.flags = flags;
  return snapshot;
}

void set_zone(const char* zone) {
  setenv("TZ", zone, 1);
}

std::string reasons_of(const RetentionChoice& choice) {
  std::string text;
  for (const KeepReason reason : choice.reasons)
    text += (text.empty() ? "" : ",") + std::string(keep_reason_name(reason));
  return text.empty() ? kNone : text;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"the last two; of equal times the later entry is the newer one",
       kUtc,
       {.last = 2},
       {{"2024-03-05 10:00 +00", "last", "entered last"},
        {"2024-03-05 10:00 +00", "last"},
        {"2024-03-05 10:00 +00", kNone},
        {"2024-03-05 09:00 +00", kNone}}},
      {"without a time: the oldest of all, and in no period",
       kUtc,
       {.last = 2, .yearly = 9},
       {{"2024-03-05 10:00 +00", "last,yearly"},
        {"never", "last", "entered last"},
        {"never", kNone}}},
      {"hours",
       kUtc,
       {.hourly = 3},
       {{"2024-03-05 10:59 +00", "hourly"},
        {"2024-03-05 10:00 +00", kNone},
        {"2024-03-05 09:59 +00", "hourly"},
        {"2024-03-04 09:58 +00", "hourly"},  // the same hour of another day
        {"2024-03-04 07:00 +00", kNone}}},
      {"an hour that the clock shows twice is two hours",
       kBerlin,
       {.hourly = 9},
       {{"2024-10-27 03:00 +01", "hourly"},
        {"2024-10-27 02:45 +01", "hourly"},
        {"2024-10-27 02:15 +01", kNone},
        {"2024-10-27 02:45 +02", "hourly"},
        {"2024-10-27 02:15 +02", kNone},
        {"2024-10-27 01:45 +02", "hourly"}}},
      {"an hour that the clock skips does not count",
       kBerlin,
       {.hourly = 2},
       {{"2024-03-31 03:00 +02", "hourly"},
        {"2024-03-31 01:59 +01", "hourly"},
        {"2024-03-31 01:00 +01", kNone}}},
      {"days: those without a snapshot do not count",
       kUtc,
       {.daily = 3},
       {{"2024-03-05 23:59 +00", "daily"},
        {"2024-03-05 00:00 +00", kNone},
        {"2024-03-01 12:00 +00", "daily"},
        {"2024-02-29 12:00 +00", "daily"},
        {"2024-02-28 12:00 +00", kNone}}},
      {"days are those of the zone: both on the 5th in Berlin",
       kBerlin,
       {.daily = 9},
       {{"2024-03-05 12:00 +00", "daily"},
        {"2024-03-04 23:30 +00", kNone},
        {"2024-03-04 22:30 +00", "daily"}}},
      {"the same in UTC",
       kUtc,
       {.daily = 9},
       {{"2024-03-05 12:00 +00", "daily"},
        {"2024-03-04 23:30 +00", "daily"},
        {"2024-03-04 22:30 +00", kNone}}},
      {"a day that begins twice is one day",
       kStJohns,
       {.daily = 2},
       {{"2010-11-07 00:00 -03:30", "daily"},
        {"2010-11-06 23:30 -03:30", "daily"},
        {"2010-11-07 00:00 -02:30", kNone},
        {"2010-11-06 23:30 -02:30", kNone},
        {"2010-11-05 12:00 -02:30", kNone}}},
      {"days of 23 and of 25 hours",
       kBerlin,
       {.daily = 9},
       {{"2024-10-27 23:59 +01", "daily"},
        {"2024-10-27 00:00 +02", kNone},
        {"2024-10-26 23:59 +02", "daily"},
        {"2024-03-31 23:59 +02", "daily"},
        {"2024-03-31 00:00 +01", kNone},
        {"2024-03-30 23:59 +01", "daily"}}},
      {"ISO week 53 of 2020 ends on Sunday, 3 January 2021",
       kUtc,
       {.weekly = 9},
       {{"2021-01-04 00:00 +00", "weekly"},  // Monday of week 1
        {"2021-01-03 23:59 +00", "weekly"},
        {"2020-12-31 12:00 +00", kNone},
        {"2020-12-28 00:00 +00", kNone},  // Monday of week 53
        {"2020-12-27 23:59 +00", "weekly"}}},
      {"ISO week 1 of 2025 begins on Monday, 30 December 2024",
       kUtc,
       {.weekly = 2},
       {{"2025-01-05 12:00 +00", "weekly"},
        {"2024-12-30 00:00 +00", kNone},
        {"2024-12-29 23:59 +00", "weekly"},
        {"2024-01-03 12:00 +00", kNone}}},  // a week 1, too
      {"months, with a leap day and the same month of another year",
       kUtc,
       {.monthly = 4},
       {{"2024-03-01 00:00 +00", "monthly"},
        {"2024-02-29 23:59 +00", "monthly"},
        {"2024-02-28 00:00 +00", kNone},
        {"2023-12-31 23:59 +00", "monthly"},
        {"2023-02-28 12:00 +00", "monthly"},
        {"2022-02-28 12:00 +00", kNone}}},
      {"years",
       kBerlin,
       {.yearly = 2},
       {{"2024-01-01 00:30 +01", "yearly"},
        {"2023-12-31 23:30 +01", "yearly"},
        {"2023-01-01 00:00 +01", kNone},
        {"2022-12-31 23:59 +01", kNone}}},
      {"before 1970",
       kUtc,
       {.daily = 9, .weekly = 2, .yearly = 9},
       {{"1970-01-01 00:00 +00", "daily,weekly,yearly"},
        {"1969-12-31 23:59 +00", "daily,yearly"},  // Wednesday of the same week
        {"1969-12-31 00:00 +00", kNone},
        {"1969-12-28 23:59 +00", "daily,weekly"},  // Sunday
        {"0001-01-01 00:01 +00", "daily,yearly"}}},
      {"within a month before the newest: 31 March, so since 29 February",
       kUtc,
       {.within = {.months = 1}},
       {{"2024-03-31 12:00 +00", "within"},
        {"2024-02-29 12:00 +00", "within"},
        {"2024-02-29 11:59 +00", kNone}}},
      {"within a year before 29 February: since the 28th",
       kUtc,
       {.within = {.years = 1}},
       {{"2024-02-29 12:00 +00", "within"},
        {"2023-02-28 12:00 +00", "within"},
        {"2023-02-28 11:59 +00", kNone}}},
      {"within years, months, days and hours, one after the other",
       kUtc,
       {.within = {.years = 1, .months = 5, .days = 7, .hours = 2}},
       {{"2024-06-10 01:00 +00", "within"},
        {"2023-01-02 23:00 +00", "within"},  // 2023-01-10, 2023-01-03, 2023-01-02 23:00
        {"2023-01-02 22:59 +00", kNone}}},
      {"within a day is to the same time of the day before",
       kBerlin,
       {.within = {.days = 1}},
       {{"2024-04-01 00:30 +02", "within"},
        {"2024-03-31 00:30 +01", "within"},  // 23 hours
        {"2024-03-31 00:29 +01", kNone}}},
      {"within 24 hours is not",
       kBerlin,
       {.within = {.hours = 24}},
       {{"2024-04-01 00:30 +02", "within"},
        {"2024-03-30 23:30 +01", "within"},
        {"2024-03-30 23:29 +01", kNone}}},
      {"within a day, to a time that the clock skipped",
       kBerlin,
       {.within = {.days = 1}},
       {{"2024-04-01 02:30 +02", "within"},
        {"2024-03-31 03:30 +02", "within"},
        {"2024-03-31 03:29 +02", kNone}}},
      {"within a day, to a time that the clock showed twice: the earlier one",
       kBerlin,
       {.within = {.days = 1}},
       {{"2024-10-28 02:30 +01", "within"},
        {"2024-10-27 02:30 +02", "within"},
        {"2024-10-27 02:29 +02", kNone}}},
      {"nothing without a time is within a span",
       kUtc,
       {.within = {.years = 4'000'000'000}},
       {{"2024-03-05 10:00 +00", "within"}, {"0001-01-01 00:01 +00", "within"}, {"never", kNone}}},
      {"labels are compared as a whole",
       kUtc,
       {.labels = {"release", "x"}},
       {{"2024-03-05 10:00 +00", "label", "release"},
        {"2024-03-05 09:00 +00", kNone, "release 2"},
        {"2024-03-05 08:00 +00", kNone},
        {"2024-03-05 07:00 +00", "label", "x"}}},
      {"flags protect from nothing",
       kUtc,
       {.last = 1},
       {{"2024-03-05 10:00 +00", "last"},
        {"2024-03-05 09:00 +00", kNone, "", 1},
        {"2024-03-05 08:00 +00", kNone, "", 4}}},
      {"rules add up; one snapshot may be kept by several",
       kUtc,
       {.last = 2,
        .hourly = 1,
        .daily = 2,
        .weekly = 1,
        .monthly = 1,
        .yearly = 2,
        .within = {.days = 1},
        .labels = {"keep"}},
       {{"2024-03-05 10:00 +00", "last,hourly,daily,weekly,monthly,yearly,within,label", "keep"},
        {"2024-03-05 09:00 +00", "last,within"},
        {"2024-03-04 11:00 +00", "daily,within"},
        {"2024-03-03 12:00 +00", kNone},
        {"2023-07-01 12:00 +00", "yearly"},
        {"2023-06-30 12:00 +00", "label", "keep"}}},
  };
  return kCases;
}

}  // namespace

TEST_CASE("retention: each snapshot is kept by the rules that the table names") {
  for (const Case& one : cases()) {
    CAPTURE(one.name);
    set_zone(one.zone);
    std::vector<Snapshot> table;
    for (size_t i = one.rows.size(); i-- > 0;)
      table.push_back(
          snapshot_at(ticks_of(one.rows[i].time), i, one.rows[i].label, one.rows[i].flags));
    const std::vector<RetentionChoice> choices = choose_snapshots(one.rules, table);
    REQUIRE(choices.size() == one.rows.size());
    for (size_t i = 0; i < choices.size(); ++i) {
      CAPTURE(one.rows[i].time);
      CHECK(choices[i].snapshot == table[table.size() - 1 - i]);
      CHECK(reasons_of(choices[i]) == one.rows[i].kept_by);
      CHECK(choices[i].is_kept() == (one.rows[i].kept_by != std::string(kNone)));
    }
  }
}

TEST_CASE("retention: the order of the table matters only for equal times") {
  set_zone(kUtc);
  const Ticks early = ticks_of("2024-03-05 10:00 +00");
  const Ticks late{early.value + 1};
  for (const std::vector<Ticks>& times :
       {std::vector<Ticks>{early, late}, std::vector<Ticks>{late, early}}) {
    const std::vector<Snapshot> table{snapshot_at(times[0], 0), snapshot_at(times[1], 1)};
    const auto choices = choose_snapshots({.last = 1}, table);
    REQUIRE(choices.size() == 2);
    CHECK(choices[0].snapshot.created == late);
    CHECK(choices[0].is_kept());
    CHECK_FALSE(choices[1].is_kept());
  }
}

TEST_CASE("retention: deleted snapshots are neither listed nor counted") {
  set_zone(kUtc);
  const std::vector<Snapshot> table{snapshot_at(ticks_of("2024-03-01 10:00 +00"), 0),
                                    snapshot_at(ticks_of("2024-03-02 10:00 +00"), 1, {}, 2),
                                    snapshot_at(ticks_of("2024-03-03 10:00 +00"), 2, {}, 2 | 4)};
  const auto choices = choose_snapshots({.last = 1, .daily = 1}, table);
  REQUIRE(choices.size() == 1);
  CHECK(choices[0].snapshot == table[0]);
  CHECK(reasons_of(choices[0]) == "last,daily");
  CHECK(choose_snapshots({.last = 1}, {}).empty());
}

TEST_CASE("retention: times at the limits of the number have their place") {
  for (const char* zone : {kUtc, kBerlin, "EAST-14", "WEST12"}) {
    set_zone(zone);
    std::vector<Snapshot> table;
    for (const int64_t time :
         {INT64_MIN, INT64_MIN + 1, int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX - 1, INT64_MAX})
      table.push_back(snapshot_at(Ticks{time}, table.size()));
    RetentionRules all;
    all.hourly = all.daily = all.weekly = all.monthly = all.yearly = UINT64_MAX;
    all.within = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    const auto choices = choose_snapshots(all, table);
    REQUIRE(choices.size() == 7);
    CHECK(choices[0].snapshot.created == Ticks{INT64_MAX});
    CHECK(reasons_of(choices[0]) == "hourly,daily,weekly,monthly,yearly,within");
    CHECK(reasons_of(choices[1]) == "within");
    CHECK(choices[5].snapshot.created == Ticks{INT64_MIN});
    CHECK(choices[5].is_kept());
    CHECK(choices[6].snapshot.created == Ticks{});
    CHECK_FALSE(choices[6].is_kept());
  }
}

TEST_CASE("retention: in UTC, periods are what times have in common as text") {
  set_zone(kUtc);
  Random random(22);
  // How much of "2024-03-05T10:..." names the period.
  const std::vector<std::pair<size_t, uint64_t RetentionRules::*>> periods = {
      {13, &RetentionRules::hourly},
      {10, &RetentionRules::daily},
      {7, &RetentionRules::monthly},
      {4, &RetentionRules::yearly}};
  for (int round = 0; round < 200; ++round) {
    const auto& [length, rule] = periods[random.below(periods.size())];
    const uint64_t number = 1 + random.below(9);
    const int64_t hours = static_cast<int64_t>(random.below(200'000));
    std::vector<Snapshot> table;
    for (size_t i = 0; i < 60; ++i) {
      const auto back = static_cast<int64_t>(random.below(static_cast<uint64_t>(hours) * 60 + 1));
      table.push_back(snapshot_at(from_unix_seconds(1'700'000'000 - back * 60), i));
    }
    RetentionRules rules;
    rules.*rule = number;
    std::set<std::string> seen;
    for (const RetentionChoice& choice : choose_snapshots(rules, table)) {
      const std::string period = to_string(choice.snapshot.created).substr(0, length);
      const bool is_first = seen.size() < number && seen.insert(period).second;
      CHECK(choice.is_kept() == is_first);
    }
  }
}
