// Where the regions of an image may be, as its blocks show it: at most one place for each type.
#pragma once

#include <map>
#include <vector>

#include "probe/block_runs.h"

namespace vde {

struct RegionCandidate {
  BlockType type;
  BlockRange blocks;    // from the first valid one to the last
  bool starts = false;  // its first block can be the region's first one
  bool firm = false;    // its other blocks prove where it begins
  uint32_t newest = 0;  // the latest generation
  uint64_t valid = 0;   // number of valid blocks
};

// Whether there are regions of this type, except the data area.
[[nodiscard]] bool has_region(BlockType type);

// Of several places of one type, the one that starts as the region does and has the newest blocks.
// The journal is found first: it holds copies of blocks of other regions. kIo, kInterrupted.
[[nodiscard]] Result<std::map<uint32_t, RegionCandidate>> find_regions(const BlockIo& io,
                                                                       const BlockRuns& found,
                                                                       uint64_t total_blocks,
                                                                       const Activity& activity);

}  // namespace vde
