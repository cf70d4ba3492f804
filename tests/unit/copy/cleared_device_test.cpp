// The order in which a copy is written to a device.
#include "copy/cleared_device.h"

#include <doctest/doctest.h>

#include "copy_in_memory.h"
#include "crash/disk_states.h"
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
  // Until the first sync the old image may still be there.
  PendingDisk disk(old);
  Random random(1);
  size_t states = 0;
  for (size_t i = 0; &log[i] != &last; ++i) {
    disk.apply(log[i]);
    if (i == 0) continue;
    for (const DiskState& state :
         disk.states({.exhaustive = 64, .subsets = 4, .samples = 32}, false, random)) {
      ++states;
      auto& file = disk.realize(state);
      CHECK_FALSE(committed_view(file).has_value());
      file.revert();
    }
  }
  CHECK(states > 5);
  CHECK(committed_view(device).has_value());
  CHECK(std::equal(image.begin(), image.end(), device.bytes().begin()));
}
