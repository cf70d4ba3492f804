// Times as arguments: what is accepted, and the moments that it stands for.
#include <doctest/doctest.h>

#include "vde/ticks.h"

using namespace vde;

namespace {

// "FIRST LAST", or the error.
std::string moments(std::string_view text) {
  const auto range = parse_time(text);
  if (!range) return range.error().message;
  return to_string(range->first) + " " + to_string(range->last);
}

}  // namespace

TEST_CASE("a time with fewer parts stands for all moments that begin with it") {
  CHECK(moments("2024-12-16") == "2024-12-16T00:00:00.0000000Z 2024-12-16T23:59:59.9999999Z");
  CHECK(moments("2024-12-16T12:30") == "2024-12-16T12:30:00.0000000Z 2024-12-16T12:30:59.9999999Z");
  CHECK(moments("2024-12-16 12:30:07Z") ==
        "2024-12-16T12:30:07.0000000Z 2024-12-16T12:30:07.9999999Z");
  CHECK(moments("2024-12-16T12:30:07.25") ==
        "2024-12-16T12:30:07.2500000Z 2024-12-16T12:30:07.2599999Z");
  CHECK(moments("2024-12-16T12:00:00.0000386Z") ==
        "2024-12-16T12:00:00.0000386Z 2024-12-16T12:00:00.0000386Z");
}

TEST_CASE("an offset is subtracted, also across days") {
  CHECK(moments("2024-03-01T00:30+01:00") ==
        "2024-02-29T23:30:00.0000000Z 2024-02-29T23:30:59.9999999Z");
  CHECK(moments("2024-12-31T23:00:00-02:30") ==
        "2025-01-01T01:30:00.0000000Z 2025-01-01T01:30:00.9999999Z");
}

TEST_CASE("the first and the last time of the calendar are times, those around them are not") {
  CHECK(parse_time("0001-01-01")->first.value == 0);
  CHECK(parse_time("9999-12-31")->last == Ticks{3'155'378'975'999'999'999});
  CHECK_FALSE(parse_time("0001-01-01T00:00+00:01").has_value());
  CHECK_FALSE(parse_time("9999-12-31T23:59-00:01").has_value());
}

TEST_CASE("anything else is not a time") {
  for (const char* text : {"",
                           "now",
                           "2024",
                           "2024-12",
                           "2024-13-01",
                           "2023-02-29",
                           "2024-12-16T",
                           "2024-12-16T12",
                           "2024-12-16T24:00",
                           "2024-12-16T12:60",
                           "2024-12-16T12:00:60",
                           "2024-12-16T12:00:00.",
                           "2024-12-16T12:00:00.12345678",
                           "2024-12-16T12:00+1:00",
                           "2024-12-16T12:00Z ",
                           " 2024-12-16",
                           "2024-12-16Z",
                           "+024-12-16",
                           "2024-1-016",
                           "2024/12/16",
                           "-2024-12-16"}) {
    CAPTURE(text);
    const auto range = parse_time(text);
    REQUIRE_FALSE(range.has_value());
    CHECK(range.error().code == ErrorCode::kUsage);
  }
}
