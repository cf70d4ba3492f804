// Blocks 0 to 9 of an image.
#pragma once

#include "probe/group.h"

namespace vde {

// Writes `state` to both superblock groups, and its slots to the directory, whose own generation
// becomes 1.
[[nodiscard]] Result<void> write_fixed_blocks(const BlockIo& io, const GroupState& state);

}  // namespace vde
