#include "inspect/owner.h"

#include "base/checked.h"

namespace vde {

std::optional<BlockOwner> owner_of(const Probe& probe, uint64_t block) {
  // Fixed blocks do not depend on the slots, which may be damaged.
  if (block < kDirectoryStart)
    return BlockOwner{block / kGroupBlocks, block_types::kSuperblock, block % kGroupBlocks, false,
                      block_types::kSuperblock};
  const auto data_area = probe.data_area();
  std::optional<BlockOwner> owner;
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || !range || !range->contains(block)) continue;
    const BlockOwner found{i, slot.type, block - range->begin, data_area == i, probe.content_of(i)};
    if (!found.is_data_area) return found;
    owner = found;
  }
  return owner;
}

bool may_carry(const BlockOwner& owner, BlockType type) {
  return owner.is_data_area || type == expected_type(owner) ||
         may_carry(owner.type, owner.content, type);
}

BlockType expected_type(const BlockOwner& owner) {
  return owner.type == block_types::kSuperblock ? group_block_type(owner.index) : owner.type;
}

}  // namespace vde
