// Power failures at any moment of a change that is not a session of a workload: a repair, an undo,
// a healing.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>

#include "crash/disk_states.h"
#include "support/memory_undo.h"

namespace vde::test {

// A change to an image, run once and explored.
struct Play {
  std::string name;
  std::vector<uint8_t> start;
  std::vector<LoggedEvent> log;
};

// Calls `judge` with about `max_states` of the states that a crash leaves, and fails with the
// problem that it returns. Returns the number of states.
template <class Judge>
size_t explore(const Play& play, size_t max_states, Judge judge) {
  PendingDisk disk(play.start);
  Random random(1);
  const EnumerationLimits limits{64, 6, 24};
  const size_t share = std::max<size_t>(2, max_states / (play.log.size() + 1));
  size_t count = 0;
  for (size_t i = 0; i <= play.log.size(); ++i) {
    const bool thorough = i == play.log.size() || play.log[i].kind == LoggedEvent::Kind::kSync;
    std::vector<DiskState> states = disk.states(limits, thorough, random);
    for (size_t n = 0; n < std::min(share, states.size()); ++n) {
      std::swap(states[n], states[n + random.below(states.size() - n)]);
      ScratchFile& file = disk.realize(states[n]);
      const std::string problem = judge(file);
      ++count;
      file.revert();
      if (!problem.empty())
        FAIL_CHECK(play.name, ", event ", i, ": ", problem,
                   "; disk: ", disk.describe(states[n], 4096));
    }
    if (i < play.log.size()) disk.apply(play.log[i]);
  }
  return count;
}

// Stores the bytes that the undo file has when the first byte of the image is written.
class SnapshotUndo : public MemoryUndo {
 public:
  explicit SnapshotUndo(std::vector<uint8_t>& at_publish) : at_publish_(at_publish) {}
  Result<void> publish() override {
    at_publish_ = content.bytes();
    return {};
  }

 private:
  std::vector<uint8_t>& at_publish_;
};

}  // namespace vde::test
