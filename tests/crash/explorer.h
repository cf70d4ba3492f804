// Checks every state that a crash may leave of a recorded workload: it opens, verifies clean, and
// is the state of the last acknowledged commit or of the next one, never a mixture.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "crash/disk_states.h"
#include "crash/workloads.h"

namespace vde::test {

struct ExplorerLimits {
  EnumerationLimits enumeration;
  // A seeded choice of states if a moment has more of them: the moments of a recording share this
  // number, and each has a few.
  size_t states_a_recording = SIZE_MAX;
  // A next session runs on one of this many crashed states, at first on more of them; 0 on none.
  uint64_t aftermath_every = 150;
  size_t aftermath_states = 300;  // `states_a_recording` of such a session
  unsigned reader_every = 1;      // one of this many states is also examined as a reader sees it
  // crashes in a row: 1 = also within the next session, 2 = also in the one after it
  unsigned depth = 1;
  uint64_t sector_bytes = kSectorBytes;  // of the disk
};

struct ExplorerCounts {
  uint64_t moments = 0;     // events after which the power failed
  uint64_t states = 0;      // distinct states that were opened
  uint64_t aftermaths = 0;  // sessions on crashed states, each explored in turn
};

// A violation, with the details needed to reproduce it.
struct Violation {
  std::string workload;
  size_t moment = 0;  // events of the log that had happened
  std::string event;  // the last one
  std::string disk;   // what the disk held
  std::string problem;
};
[[nodiscard]] std::string to_string(const Violation& violation);

class Explorer {
 public:
  Explorer(const ExplorerLimits& limits, uint64_t seed) : limits_(limits), random_(seed) {}

  // Records the workload and explores what crashes leave of it; a workload that cannot be completed
  // is a violation, too.
  [[nodiscard]] std::optional<Violation> play(const Workload& workload, uint32_t block_size);

  // The first violation, or nothing. States that an earlier call counted are not counted again.
  [[nodiscard]] std::optional<Violation> explore(const Recording& recording) {
    return explore(recording, limits_, limits_.depth);
  }

  [[nodiscard]] const ExplorerCounts& counts() const { return counts_; }
  // Hashes of the distinct states.
  [[nodiscard]] const std::unordered_set<uint64_t>& seen() const { return counted_; }

 private:
  struct Verdict {
    uint64_t digest = 0;
    bool recovery_writes = false;
    std::string problem;
  };
  struct Run;  // one recording on its way

  [[nodiscard]] std::optional<Violation> explore(const Recording& recording,
                                                 const ExplorerLimits& limits, unsigned depth);
  [[nodiscard]] std::optional<Violation> judge_moment(Run& run, bool thorough);
  [[nodiscard]] std::optional<Violation> aftermath(Run& run, const DiskState& state);

  ExplorerLimits limits_;
  Random random_;
  ExplorerCounts counts_;
  std::unordered_set<uint64_t> counted_;
};

}  // namespace vde::test
