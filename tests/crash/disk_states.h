// The possible contents of a disk after a crash: everything that was synced, and of the rest any
// sectors, each with its old or new content or garbage. The size of the file changes independently
// of them.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "crash/scratch_file.h"
#include "support/files/recording_file.h"
#include "support/random.h"

namespace vde::test {

// The units of writing that a crash may interrupt, bytes: disks have one or the other. Of a write
// to a part of a sector, the rest of the sector is written, too.
inline constexpr uint64_t kSectorBytes = 512;
inline constexpr uint64_t kLargeSectorBytes = 4096;

// The content of one sector: 0 is its synced content, n the content of the nth write to it since.
using Choice = uint8_t;
inline constexpr Choice kGarbage = 255;

// One possible content of the disk. `choices` belong to PendingDisk::sectors(), in that order.
struct DiskState {
  uint64_t size = 0;  // bytes of the file
  std::vector<Choice> choices;
  uint64_t hash = 0;  // of the whole content and the size
};

struct EnumerationLimits {
  size_t exhaustive = 2200;  // all combinations, including garbage, if there are no more of them
  size_t subsets = 12;       // all subsets of old and new for up to this many pending sectors
  size_t samples = 200;      // random states of moments that have more than `exhaustive`
};

// The disk at one moment of a log.
class PendingDisk {
 public:
  explicit PendingDisk(std::vector<uint8_t> content, uint64_t sector_bytes = kSectorBytes);

  // Applies the next event of the log, which must outlive the disk. Acknowledgements change
  // nothing.
  void apply(const LoggedEvent& event);

  // An unsynced sector; sectors are in the order of their first writes.
  struct Sector {
    uint64_t number = 0;
    std::vector<Bytes> versions;  // as written, in order; any of them may be on the disk
    // the change of the hash for each choice; the last one is garbage's
    std::vector<uint64_t> deltas;
  };
  [[nodiscard]] const std::vector<Sector>& sectors() const { return sectors_; }

  // States of this moment. `thorough` is for the last moment before a sync, whose states include
  // those of the moments before it: all systematic states are listed then, otherwise samples.
  [[nodiscard]] std::vector<DiskState> states(const EnumerationLimits& limits, bool thorough,
                                              Random& random) const;

  // The synced content with `state` applied, in a file that drops all changes at revert().
  [[nodiscard]] ScratchFile& realize(const DiskState& state);

  // For messages: the content of the sectors.
  [[nodiscard]] std::string describe(const DiskState& state, uint32_t block_size) const;

 private:
  void write(uint64_t offset, Bytes bytes);
  void add_version(uint64_t number, Bytes bytes);
  // The newest content of a sector, zeros after the end of the file.
  [[nodiscard]] std::vector<uint8_t> newest(uint64_t number) const;
  [[nodiscard]] std::vector<uint8_t> synced(uint64_t number) const;
  void resize(uint64_t size);
  void sync();
  [[nodiscard]] uint64_t hash_of(const DiskState& state) const;
  [[nodiscard]] uint64_t synced_hash(uint64_t size) const;

  uint64_t sector_bytes_;
  std::deque<std::vector<uint8_t>> composed_;  // versions that several writes made
  ScratchFile file_;                           // the synced content
  std::vector<uint64_t> synced_;               // hash of each synced sector
  std::vector<uint64_t> sizes_;                // the synced size, then those requested since
  std::vector<Sector> sectors_;                // pending
  std::map<uint64_t, size_t> pending_;         // number -> place in sectors_
};

// The content of a sector whose write a crash interrupted; always the same for a sector.
[[nodiscard]] Bytes garbage_of(uint64_t sector, uint64_t sector_bytes);

}  // namespace vde::test
