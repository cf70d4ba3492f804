#include "check/context.h"

namespace vde {

const PlacedRegion* VerifyContext::find(BlockType type) const {
  for (const PlacedRegion& region : regions)
    if (region.type == type) return &region;
  return nullptr;
}

const PlacedRegion* VerifyContext::find_plain(BlockType type) const {
  const PlacedRegion* region = find(type);
  return region != nullptr && probe.slots[region->slot].is_plain() ? region : nullptr;
}

bool is_newer(const Probe& probe, uint32_t generation) {
  if (!probe.superblock_verified()) return false;
  // A generation is the low 32 bits of the sequence. Once the sequence exceeds 32 bits, a higher
  // generation may also be an old one.
  const int64_t sequence = probe.superblock.checkpoint_sequence;
  return sequence >= 0 && sequence <= UINT32_MAX && generation > sequence;
}

}  // namespace vde
