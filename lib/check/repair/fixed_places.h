// Valid blocks of other structures in the places of the superblock groups and the region directory:
// two blocks changed places, or one was written to the wrong place. Groups and directory are
// repaired from their copies, which overwrites such a block. So it is moved back first.
#pragma once

#include "check/repair/foundation_repair.h"

namespace vde {

// Moves such blocks back, as far as the image says where they belong. The others are remembered
// (FoundationRepair::set_sole), unless the image holds the same elsewhere.
[[nodiscard]] Result<void> return_misplaced_blocks(FoundationRepair& repair);

}  // namespace vde
