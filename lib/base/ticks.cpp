#include "vde/ticks.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace vde {
namespace {

constexpr int64_t kMaxTicks = 3'155'378'975'999'999'999;  // 9999-12-31T23:59:59.9999999

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
