// What a disk may hold after a crash: everything that was synced, and of what was not any sectors,
// each as it was, as it was to be, or garbage. The size of the file changes independently of them.
#pragma once

#include <map>
#include <vector>

#include "crash/scratch_file.h"
#include "support/files/recording_file.h"
#include "support/random.h"

namespace vde::test {

// Disks write so much at once, or half of it, or something else. Bytes.
inline constexpr uint64_t kSectorBytes = 512;

// What one sector holds: 0 is its synced content, n the content of the nth write to it since.
using Choice = uint8_t;
inline constexpr Choice kGarbage = 255;

// One possible content of the disk. `choices` belong to PendingDisk::sectors(), in that order.
struct DiskState {
  uint64_t size = 0;  // bytes of the file
  std::vector<Choice> choices;
  uint64_t hash = 0;  // of the whole content and the size
};

struct EnumerationLimits {
  size_t exhaustive = 2200;  // all combinations, garbage included, where there are no more of them
  size_t subsets = 12;       // all subsets of old and new up to so many pending sectors
  size_t samples = 200;      // random states of moments that have more than `exhaustive`
};

// The disk at one moment of a log.
class PendingDisk {
 public:
  explicit PendingDisk(std::vector<uint8_t> content);

  // The next event of the log, which must outlive the disk. Acknowledgements change nothing.
  void apply(const LoggedEvent& event);

  // A write that is not synced, sector by sector in the order of their first writes.
  struct Sector {
    uint64_t number = 0;
    std::vector<Bytes> versions;   // as written, in order; all of them may be on the disk
    std::vector<uint64_t> deltas;  // what each choice adds to the hash; the last one is garbage's
  };
  [[nodiscard]] const std::vector<Sector>& sectors() const { return sectors_; }

  // States of this moment. `thorough` is for the last moment before a sync, whose states include
  // those of the moments before it: there everything is listed that has a system, elsewhere
  // samples.
  [[nodiscard]] std::vector<DiskState> states(const EnumerationLimits& limits, bool thorough,
                                              Random& random) const;

  // The synced content, with `state` on top of it, in a file that forgets all at revert().
  [[nodiscard]] ScratchFile& realize(const DiskState& state);

  // For people: which sectors hold what.
  [[nodiscard]] std::string describe(const DiskState& state, uint32_t block_size) const;

 private:
  void write(uint64_t offset, Bytes bytes);
  void resize(uint64_t size);
  void sync();
  [[nodiscard]] uint64_t hash_of(const DiskState& state) const;
  [[nodiscard]] uint64_t synced_hash(uint64_t size) const;

  ScratchFile file_;                    // the synced content
  std::vector<uint64_t> synced_;        // hash of each synced sector
  std::vector<uint64_t> sizes_;         // the synced one, then those asked for since
  std::vector<Sector> sectors_;         // pending
  std::map<uint64_t, size_t> pending_;  // number -> place in sectors_
};

// What a sector holds that a crash interrupted while it was written; the same for a sector always.
[[nodiscard]] Bytes garbage_of(uint64_t sector);

}  // namespace vde::test
