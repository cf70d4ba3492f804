#include "check/context.h"

namespace vde {

const PlacedRegion* VerifyContext::find(BlockType tag) const {
  for (const PlacedRegion& region : regions)
    if (region.tag == tag) return &region;
  return nullptr;
}

const PlacedRegion* VerifyContext::find_plain(BlockType tag) const {
  const PlacedRegion* region = find(tag);
  return region != nullptr && probe.slots[region->slot].is_plain() ? region : nullptr;
}

bool is_newer(const Probe& probe, uint32_t generation) {
  if (!probe.superblock_verified()) return false;
  // Generations are the low 32 bits of the sequence: past that any of them may be an old one.
  const int64_t sequence = probe.superblock.checkpoint_sequence;
  return sequence >= 0 && sequence <= UINT32_MAX && generation > sequence;
}

}  // namespace vde
