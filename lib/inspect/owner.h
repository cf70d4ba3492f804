// Finds the region of a block.
#pragma once

#include <optional>

#include "probe/probe.h"

namespace vde {

struct BlockOwner {
  size_t slot = 0;
  BlockType type;
  uint64_t index = 0;  // of the block in its region
  bool is_data_area = false;
  BlockType content;  // see region_content()
};

// The region that contains `block`: if there are several, the first one that is not the data area.
// Nothing if no slot covers the block.
[[nodiscard]] std::optional<BlockOwner> owner_of(const Probe& probe, uint64_t block);

// Whether a block of `owner` may have this type. In the data area every type is valid.
[[nodiscard]] bool may_carry(const BlockOwner& owner, BlockType type);

// The type of a block of `owner`: the region's, except for the blocks of the superblock groups,
// which have four types.
[[nodiscard]] BlockType expected_type(const BlockOwner& owner);

}  // namespace vde
