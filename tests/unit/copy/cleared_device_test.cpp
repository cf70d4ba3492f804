// The order in which a copy is written to a device.
#include "copy/cleared_device.h"

#include <doctest/doctest.h>

#include "copy_in_memory.h"
#include "probe/probe.h"
#include "support/files/recording_file.h"
#include "support/try_open.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

bool changes(const LoggedEvent& event, uint64_t before) {
  return event.kind == LoggedEvent::Kind::kWrite && event.at < before && !event.bytes.empty();
}

// Every content of a device that has written a part of what it got since the last sync: with each
// of these writes alone, and with all up to each.
template <class Check>
void each_crash_state(std::vector<uint8_t> device, const std::vector<LoggedEvent>& log,
                      const Check& check) {
  std::vector<uint8_t> durable = device;
  const auto apply = [](std::vector<uint8_t>& bytes, const LoggedEvent& event) {
    std::copy(event.bytes.begin(), event.bytes.end(),
              bytes.begin() + static_cast<ptrdiff_t>(event.at));
  };
  for (const LoggedEvent& event : log) {
    if (event.kind == LoggedEvent::Kind::kSync) durable = device;
    if (event.kind != LoggedEvent::Kind::kWrite) continue;
    std::vector<uint8_t> alone = durable;
    apply(alone, event);
    check(std::move(alone), event);
    apply(device, event);
    check(device, event);
  }
}

}  // namespace

TEST_CASE("a copy to a device is an image in no state of the disk before its last write") {
  const std::vector<uint8_t> image = vector_image("snap-1");
  MemoryFile from(image);
  const uint64_t start = kFirstRegionBlock * must(probe_image(from)).block_size;
  // Another image is there before.
  std::vector<uint8_t> old = vector_image("code-1");
  old.resize(std::max(old.size(), image.size() + 65536), 0xEE);
  RecordingFile device(old);
  ClearedDevice target(device, image.size(), start);
  Activity activity;
  must(target.clear(activity));
  const auto source = must(CopySource::open(from, activity));
  CopySummary summary;
  bool failed_to = false;
  must(copy_verified(*source, target, summary, failed_to));
  must(target.finish());

  const std::vector<LoggedEvent> log = device.take_log();
  REQUIRE(log.size() > 5);
  CHECK(changes(log.front(), start));
  CHECK(log[1].kind == LoggedEvent::Kind::kSync);
  const LoggedEvent& last = log[log.size() - 2];
  CHECK(changes(last, start));
  CHECK(log.back().kind == LoggedEvent::Kind::kSync);
  CHECK(log[log.size() - 3].kind == LoggedEvent::Kind::kSync);
  size_t states = 0;
  each_crash_state(old, log, [&](std::vector<uint8_t> bytes, const LoggedEvent& event) {
    ++states;
    if (&event == &last) return;
    MemoryFile file(std::move(bytes));
    CHECK_FALSE(committed_view(file).has_value());
  });
  CHECK(states > 5);
  CHECK(committed_view(device).has_value());
  CHECK(std::equal(image.begin(), image.end(), device.bytes().begin()));
}
