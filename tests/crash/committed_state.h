// The state of an image: superblock, region slots, and every block in use of a region or of the
// data area. The journal and the groups' blocks are not part of it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "probe/probe.h"

namespace vde::test {

struct CommittedState {
  Superblock superblock;
  HeaderSeal seal;
  std::vector<RegionSlot> slots;
  std::map<uint64_t, uint64_t> blocks;  // number -> hash of its bytes
  uint64_t digest = 0;                  // over all of it
};

// As `journal` has it in memory: the state that a program considers durable after its commit.
[[nodiscard]] Result<CommittedState> committed_state(const Journal& journal);
// As in the bytes of an image without live records.
[[nodiscard]] Result<CommittedState> committed_state(BlockFile& file);
// Its digest alone.
[[nodiscard]] Result<uint64_t> committed_digest(BlockFile& file);

// For messages: the first differences, at most `max` of them.
[[nodiscard]] std::string describe_difference(const CommittedState& found,
                                              const CommittedState& wanted, size_t max = 6);

}  // namespace vde::test
