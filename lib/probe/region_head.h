// What the first block of a region can be.
#pragma once

#include "format/block_type.h"
#include "vde/storage.h"

namespace vde {

// Whether a block of this type can be the first one of its region, as far as the payload shows it.
// One that holds nothing can.
[[nodiscard]] bool may_be_first(BlockType type, Bytes payload);

}  // namespace vde
