// The format's clock: 100 ns ticks since 0001-01-01T00:00:00Z.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "vde/error.h"

namespace vde {

struct Ticks {
  int64_t value = 0;

  bool operator==(const Ticks&) const = default;
  // clang-tidy takes the 0 in rewritten comparisons for a null pointer.
  auto operator<=>(const Ticks&) const = default;  // NOLINT(modernize-use-nullptr)
};

inline constexpr int64_t kTicksPerSecond = 10'000'000;
inline constexpr int64_t kUnixEpochTicks = 621'355'968'000'000'000;

// RFC 3339 in UTC, always with seven decimals ("2024-12-16T12:00:00.0000386Z"): such texts sort as
// times. "never" for 0; ticks after year 9999 and negative ticks are printed as "ticks N".
[[nodiscard]] std::string to_string(Ticks ticks);

// The moments that a text stands for, the first and the last.
struct TimeRange {
  Ticks first;
  Ticks last;
};
// Parses a time as to_string() writes it, or less of it: "2024-12-16" is that day, and
// "2024-12-16T12:00" that minute. At most seven decimals; "Z", or an offset such as "+01:00", or
// nothing for UTC; a blank instead of the T. kUsage.
[[nodiscard]] Result<TimeRange> parse_time(std::string_view text);

[[nodiscard]] Ticks from_unix_seconds(int64_t seconds);
// Whole seconds since 1970, rounded down.
[[nodiscard]] int64_t to_unix_seconds(Ticks ticks);

// The time to write into an image: SOURCE_DATE_EPOCH if it is set, else the current time. kUsage if
// SOURCE_DATE_EPOCH is not a number of seconds.
[[nodiscard]] Result<Ticks> current_ticks();

// Returns the time for a change.
using Clock = std::function<Result<Ticks>()>;

}  // namespace vde
