#include "base/local_time.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace vde {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kMinYear = -30'000;  // far before every time that Ticks can hold

int64_t divide_down(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

std::chrono::year_month_day date_of(int64_t day) {
  return std::chrono::sys_days{std::chrono::days{day}};
}

int64_t day_of(const std::chrono::year_month_day& date) {
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

std::optional<LocalTime> local_time_at(int64_t utc) {
  using namespace std::chrono;
  const time_t time = utc;
  tm parts{};
  if (localtime_r(&time, &parts) == nullptr) return std::nullopt;
  const year_month_day date = year{parts.tm_year + 1900} /
                              month{static_cast<unsigned>(parts.tm_mon) + 1} /
                              day{static_cast<unsigned>(parts.tm_mday)};
  const int64_t second = parts.tm_hour * kHour + int64_t{parts.tm_min} * 60 + parts.tm_sec;
  return LocalTime{day_of(date) * kDay + second, parts.tm_gmtoff};
}

int64_t offset_at(int64_t utc) {
  const auto local = local_time_at(utc);
  return local ? local->offset : 0;
}

}  // namespace

int64_t LocalTime::hour() const {
  return divide_down(seconds, kHour);
}

int64_t LocalTime::day() const {
  return divide_down(seconds, kDay);
}

// 1970-01-01 was a Thursday.
int64_t LocalTime::week() const {
  return divide_down(day() + 3, 7);
}

int64_t LocalTime::month() const {
  const auto date = date_of(day());
  return (static_cast<int>(date.year()) - 1970) * int64_t{12} +
         static_cast<unsigned>(date.month()) - 1;
}

int64_t LocalTime::year() const {
  return divide_down(month(), 12);
}

void update_time_zone() {
  tzset();
}

std::optional<LocalTime> local_time(Ticks time) {
  return local_time_at(to_unix_seconds(time));
}

// No zone is a day from UTC, and clocks are not changed twice within two days.
int64_t utc_of_local(int64_t seconds) {
  const int64_t before = offset_at(seconds - kDay);
  const int64_t after = offset_at(seconds + kDay);
  for (const int64_t offset : {std::max(before, after), std::min(before, after)})
    if (offset_at(seconds - offset) == offset) return seconds - offset;
  return seconds - before;
}

int64_t months_before(int64_t seconds, int64_t months) {
  using namespace std::chrono;
  const LocalTime from{seconds, 0};
  const int64_t target = from.month() - months;
  const int64_t target_year = 1970 + divide_down(target, 12);
  if (target_year < kMinYear) return INT64_MIN;
  const year_month first = year{static_cast<int>(target_year)} /
                           month{static_cast<unsigned>(target - divide_down(target, 12) * 12) + 1};
  const year_month_day last{first / std::chrono::last};
  const year_month_day date = first / std::min(date_of(from.day()).day(), last.day());
  return day_of(date) * kDay + (seconds - from.day() * kDay);
}

}  // namespace vde
