#include "format/region_map.h"

#include <algorithm>

namespace vde {

std::vector<RegionSlot> decode_slots(Bytes payload) {
  const uint32_t block_size = static_cast<uint32_t>(payload.size()) + kTrailerSize;
  std::vector<RegionSlot> slots;
  slots.reserve(slots_per_block(block_size));
  for (size_t i = 0; i < slots_per_block(block_size); ++i)
    slots.push_back(kRegionSlotLayout.decode(
        payload.subspan(i * kRegionSlotLayout.size(), kRegionSlotLayout.size())));
  return slots;
}

void encode_slots(const std::vector<RegionSlot>& slots, MutableBytes payload) {
  std::fill(payload.begin(), payload.end(), uint8_t{0});
  for (size_t i = 0; i < slots.size(); ++i)
    kRegionSlotLayout.encode(
        slots[i], payload.subspan(i * kRegionSlotLayout.size(), kRegionSlotLayout.size()));
}

}  // namespace vde
