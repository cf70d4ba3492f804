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

// The valid blocks of type `type` outside the regions of `image`, the newest first. Blocks of the
// journal and of the data area count as outside. Memory: 16 bytes per block found. kIo,
// kInterrupted.
[[nodiscard]] Result<std::vector<StrayBlock>> find_stray_blocks(const BlockIo& io,
                                                                const BlockRuns& found,
                                                                const Probe& image, BlockType type,
                                                                const Activity& activity);

// Whether there is a valid block of type `type` among `blocks`.
[[nodiscard]] Result<bool> has_valid_block(const BlockIo& io, const BlockRuns& found,
                                           BlockRange blocks, BlockType type);

}  // namespace vde
