// Times as clocks and calendars show them in the time zone of TZ. Every time that Ticks can hold
// has a place in the calendar, also before 1970 and after the year 9999.
#pragma once

#include <cstdint>
#include <optional>

#include "vde/ticks.h"

namespace vde {

struct LocalTime {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00 on the local clock
  int64_t offset = 0;   // of the local clock from UTC, in seconds

  // Counted from the one with 1970-01-01T00:00:00; rounded down.
  [[nodiscard]] int64_t hour() const;
  [[nodiscard]] int64_t day() const;
  [[nodiscard]] int64_t week() const;  // begins on Monday, as ISO weeks do
  [[nodiscard]] int64_t month() const;
  [[nodiscard]] int64_t year() const;
};

// Reads TZ again if it changed.
void update_time_zone();

// Nothing if the C library cannot represent it.
[[nodiscard]] std::optional<LocalTime> local_time(Ticks time);

// The seconds since 1970 (UTC) at which the local clock shows `seconds`. Of two such moments, when
// clocks are set back, the earlier one. If clocks are set forward over it, the moment at which it
// would have been without that change of clocks.
[[nodiscard]] int64_t utc_of_local(int64_t seconds);

// The local time `months` months before `seconds`, at the same time of day. If that month has no
// such day, its last one. The smallest number if that is too long ago.
[[nodiscard]] int64_t months_before(int64_t seconds, int64_t months);

}  // namespace vde
