#include "inspect/owner.h"

#include "base/checked.h"

namespace vde {

std::optional<BlockOwner> owner_of(const Probe& probe, uint64_t block) {
  // The fixed places are what they are, whatever a damaged table says.
  if (block < kDirectoryStart)
    return BlockOwner{block / kGroupBlocks, block_types::kSuperblock, block % kGroupBlocks, false};
  const auto data_area = data_area_slot(probe.slots);
  std::optional<BlockOwner> owner;
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || !range || !range->contains(block)) continue;
    const BlockOwner found{i, slot.tag, block - range->begin, data_area == i};
    if (!found.is_data_area) return found;
    owner = found;
  }
  return owner;
}

BlockType expected_tag(const BlockOwner& owner) {
  return owner.tag == block_types::kSuperblock ? group_block_type(owner.index) : owner.tag;
}

}  // namespace vde
