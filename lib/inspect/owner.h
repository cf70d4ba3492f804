// Which region a block belongs to.
#pragma once

#include <optional>

#include "probe/probe.h"

namespace vde {

struct BlockOwner {
  size_t slot = 0;
  BlockType tag;
  uint64_t index = 0;  // the block's place in its region
  bool is_data_area = false;
};

// The region that `block` lies in; of several the one that is not the data area, and of these the
// first. Nothing where no slot covers it.
[[nodiscard]] std::optional<BlockOwner> owner_of(const Probe& probe, uint64_t block);

// The tag that a block of `owner` carries: the region's, but for the groups' four kinds of blocks.
[[nodiscard]] BlockType expected_tag(const BlockOwner& owner);

}  // namespace vde
