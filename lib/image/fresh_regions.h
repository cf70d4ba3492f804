// The first blocks of the regions of a new image: what the SDK's classes read as empty.
#pragma once

#include <optional>

#include "format/block_type.h"
#include "vde/bytes.h"
#include "vde/ticks.h"

namespace vde {

struct FreshRegion {
  BlockType type;           // in the trailers
  bool all_sealed = false;  // every block has a trailer; the others are zero
};

// Fills `head`, the payload of the first block, which is zero, for a region of `blocks` blocks
// whose slot has the type `slot_type`. Nothing if the region stays unwritten. Not for regions that
// every image has, and not for tag trees.
[[nodiscard]] std::optional<FreshRegion> begin_region(BlockType slot_type, BlockType content,
                                                      uint64_t blocks, Ticks now,
                                                      MutableBytes head);

}  // namespace vde
