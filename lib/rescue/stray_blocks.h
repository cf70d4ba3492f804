// Blocks of a table outside the regions of the image: older copies of a region that was moved, or
// after-images in the journal.
#pragma once

#include <vector>

#include "probe/block_runs.h"
#include "probe/probe.h"

namespace vde {

struct StrayBlock {
  uint64_t number = 0;
  uint32_t generation = 0;
};

// The valid blocks of type `type` outside `regions`, which are disjoint and ascending; the newest
// first. Memory: 16 bytes per block found. kIo,
// kInterrupted.
[[nodiscard]] Result<std::vector<StrayBlock>> find_stray_blocks(
    const BlockIo& io, const BlockRuns& found, const std::vector<BlockRange>& regions,
    BlockType type, const Activity& activity);

// The blocks of the regions of `image` except those of the journal and the data area; disjoint and
// ascending.
[[nodiscard]] std::vector<BlockRange> places_of_regions(const Probe& image);

// Whether there is a valid block of type `type` among `blocks`.
[[nodiscard]] Result<bool> has_valid_block(const BlockIo& io, const BlockRuns& found,
                                           BlockRange blocks, BlockType type);

}  // namespace vde
