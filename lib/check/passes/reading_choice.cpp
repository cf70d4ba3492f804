#include "check/passes/reading_choice.h"

namespace vde {
namespace {

// Each way is tried for so many bytes before they are compared.
constexpr double kSampleBytes = 4 << 20;
// Measurements older than this count half, and so on: the page cache is not the same everywhere.
constexpr double kRecentBytes = 64 << 20;
// The slower way gets one range of so many, in case it has become the faster one.
constexpr uint64_t kRetryEvery = 128;

}  // namespace

Reading ReadingChoice::next() {
  ++ranges_;
  const Sample& read = of(Reading::kRead);
  const Sample& map = of(Reading::kMap);
  if (!maps_ || read.bytes < kSampleBytes) return Reading::kRead;
  if (map.bytes < kSampleBytes) return Reading::kMap;
  const bool map_is_faster = map.nanoseconds * read.bytes < read.nanoseconds * map.bytes;
  const bool retry = ranges_ % kRetryEvery == 0;
  return map_is_faster != retry ? Reading::kMap : Reading::kRead;
}

void ReadingChoice::took(Reading way, uint64_t bytes, std::chrono::nanoseconds time) {
  Sample& sample = of(way);
  if (sample.bytes > kRecentBytes) {
    sample.bytes /= 2;
    sample.nanoseconds /= 2;
  }
  sample.bytes += static_cast<double>(bytes);
  sample.nanoseconds += static_cast<double>(time.count());
}

}  // namespace vde
