#include "journal/group_damage.h"

namespace vde {
namespace {

GroupDamage damage_at(uint64_t start, const GroupProbe& group) {
  return {{start, start + kGroupBlocks}, group.whole};
}

}  // namespace

std::optional<GroupDamage> unexplained_damage(const Probe& probe, const RecoveryPlan& plan) {
  const GroupProbe& primary = probe.primary;
  const GroupProbe& mirror = probe.mirror;
  // Both were destroyed by the write of one of them, and the journal has a copy.
  if (probe.superblock_source == SuperblockSource::kCopy) return std::nullopt;
  const bool both = primary.whole && mirror.whole;
  if (plan.group) {
    if (both) return std::nullopt;
    const BlockBuffer last = encode_group(*plan.group, probe.block_size);
    const bool is_written = group_bytes(primary.whole ? primary : mirror) == last;
    if (!primary.whole && is_written) return damage_at(kPrimaryGroup, primary);
    if (!mirror.whole && !is_written) return damage_at(kMirrorGroup, mirror);
    return std::nullopt;
  }
  if (both && group_bytes(primary) == group_bytes(mirror)) return std::nullopt;
  return probe.superblock_block == kPrimaryGroup ? damage_at(kMirrorGroup, mirror)
                                                 : damage_at(kPrimaryGroup, primary);
}

}  // namespace vde
