// What the first block of a region can be.
#pragma once

#include "probe/block_runs.h"

namespace vde {

// Whether a block of this type can be the first one of its region, as far as the payload shows it.
// One that holds nothing can.
[[nodiscard]] bool may_be_first(BlockType type, Bytes payload);

// Where a region begins whose first valid block is `begin`, which cannot be its first one: one
// block before, if that is damaged, unwritten, or a single block of another type, which no checksum
// covers. kIo.
[[nodiscard]] Result<uint64_t> head_before(const BlockIo& io, const BlockRuns& found,
                                           uint64_t begin);

}  // namespace vde
