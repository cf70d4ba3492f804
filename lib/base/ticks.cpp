#include "vde/ticks.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "vde/text.h"

namespace vde {
namespace {

constexpr int64_t kMaxTicks = 3'155'378'975'999'999'999;  // 9999-12-31T23:59:59.9999999
constexpr int64_t kTicksPerMinute = 60 * kTicksPerSecond;

// Reads a time from left to right.
class TimeParser {
 public:
  explicit TimeParser(std::string_view text) : rest_(text) {}

  std::optional<TimeRange> parse() {
    using namespace std::chrono;
    const auto y = number(4, 1, 9999);
    const auto m = take('-') ? number(2, 1, 12) : std::nullopt;
    const auto d = take('-') ? number(2, 1, 31) : std::nullopt;
    if (!y || !m || !d) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                              day{static_cast<unsigned>(*d)}};
    if (!date.ok()) return std::nullopt;
    const days since_start = sys_days{date} - sys_days{year{1} / January / 1};
    first_ = since_start.count() * 24 * 60 * kTicksPerMinute;
    length_ = 24 * 60 * kTicksPerMinute;
    if (!rest_.empty() && !parse_clock()) return std::nullopt;
    const int64_t last = first_ + length_ - 1;
    if (!rest_.empty() || first_ < 0 || last > kMaxTicks) return std::nullopt;
    return TimeRange{{first_}, {last}};
  }

 private:
  bool parse_clock() {
    if (!take('T') && !take('t') && !take(' ')) return false;
    const auto hour = number(2, 0, 23);
    const auto minute = take(':') ? number(2, 0, 59) : std::nullopt;
    if (!hour || !minute) return false;
    first_ += (*hour * 60 + *minute) * kTicksPerMinute;
    length_ = kTicksPerMinute;
    return (!take(':') || parse_seconds()) && parse_zone();
  }

  bool parse_seconds() {
    const auto second = number(2, 0, 59);
    if (!second) return false;
    first_ += *second * kTicksPerSecond;
    length_ = kTicksPerSecond;
    if (!take('.')) return true;
    const std::string_view digits = rest_.substr(0, rest_.find_first_not_of("0123456789"));
    if (digits.empty() || digits.size() > 7) return false;
    for (const char digit : digits) {
      length_ /= 10;
      first_ += (digit - '0') * length_;
    }
    rest_.remove_prefix(digits.size());
    return true;
  }

  bool parse_zone() {
    if (rest_.empty() || take('Z') || take('z')) return true;
    const bool is_east = take('+');
    if (!is_east && !take('-')) return false;
    const auto hours = number(2, 0, 23);
    const auto minutes = take(':') ? number(2, 0, 59) : std::nullopt;
    if (!hours || !minutes) return false;
    first_ += (is_east ? -1 : 1) * (*hours * 60 + *minutes) * kTicksPerMinute;
    return true;
  }

  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly that many digits.
  std::optional<int> number(size_t digits, int min, int max) {
    const std::string_view text = rest_.substr(0, digits);
    if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    int value = 0;
    for (const char digit : text) value = 10 * value + (digit - '0');
    if (value < min || value > max) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  std::string_view rest_;
  int64_t first_ = 0;
  int64_t length_ = 0;
};

}  // namespace

std::string to_string(Ticks ticks) {
  using namespace std::chrono;
  if (ticks.value == 0) return "never";
  if (ticks.value < 0 || ticks.value > kMaxTicks) return fmt::format("ticks {}", ticks.value);
  const int64_t seconds_of_era = ticks.value / kTicksPerSecond;
  const int64_t fraction = ticks.value % kTicksPerSecond;
  const sys_days first = year{1} / January / 1;
  const days whole_days{seconds_of_era / 86400};
  const year_month_day date{first + whole_days};
  const int64_t second = seconds_of_era % 86400;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3600, second / 60 % 60, second % 60, fraction);
}

Result<TimeRange> parse_time(std::string_view text) {
  const auto range = TimeParser(text).parse();
  if (range) return *range;
  return fail(ErrorCode::kUsage, fmt::format("invalid time '{}'", escape(text)),
              "write a date, or a date and a time in UTC, e.g. 2026-09-21T14:13:20Z");
}

int64_t to_unix_seconds(Ticks ticks) {
  const int64_t seconds = ticks.value / kTicksPerSecond;
  const bool is_rounded_up = ticks.value < 0 && ticks.value % kTicksPerSecond != 0;
  return seconds - (is_rounded_up ? 1 : 0) - kUnixEpochTicks / kTicksPerSecond;
}

Ticks from_unix_seconds(int64_t seconds) {
  return Ticks{kUnixEpochTicks + seconds * kTicksPerSecond};
}

Result<Ticks> current_ticks() {
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
    const std::string_view text = epoch;
    int64_t seconds = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr int64_t kLast = (kMaxTicks - kUnixEpochTicks) / kTicksPerSecond;
    if (status != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > kLast)
      return fail(ErrorCode::kUsage, fmt::format("invalid SOURCE_DATE_EPOCH '{}'", text),
                  "set it to a number of seconds since 1970, or unset it");
    return from_unix_seconds(seconds);
  }
  using namespace std::chrono;
  const auto now = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
  return Ticks{kUnixEpochTicks + now / 100};
}

}  // namespace vde
