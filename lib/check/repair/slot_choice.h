// Chooses the region slots one by one, where the tables disagree or contradict the image.
//
// It takes the slots with the fewest faults that would explain the image. A table with another slot
// counts as one fault. So does a valid block of another type in a region, a first block that cannot
// be one, a block of the region's type next to it, and a hole between regions. A region outside the
// volume or over another one counts as many.
#pragma once

#include "check/repair/foundation_repair.h"

namespace vde {

using Slots = std::vector<RegionSlot>;

// A region whose place the format fixes.
struct FixedRegion {
  BlockType type;
  int64_t start;
  int64_t count;
};
inline constexpr FixedRegion kFixedRegions[] = {
    {block_types::kSuperblock, kPrimaryGroup, kGroupBlocks},
    {block_types::kSuperblock, kMirrorGroup, kGroupBlocks},
    {block_types::kRegionMap, kDirectoryStart, kDirectoryBlocks}};
[[nodiscard]] bool names(const RegionSlot& slot, const FixedRegion& fixed);
[[nodiscard]] bool names_any_fixed(const RegionSlot& slot);

// Whether a valid block of this type may be the first one of a region.
[[nodiscard]] bool has_plausible_head(const UncheckedBlock& block, BlockType type);

// The number of regions that the format or the features demand and no slot names.
[[nodiscard]] int missing_regions(const Probe& probe, const Slots& slots);

// The valid tables of the newest generation: those of the groups, and the directory.
[[nodiscard]] std::vector<Slots> slot_tables(const Probe& probe);

// The best slots; those of the first of the best tables if nothing is better. A slot may be one
// that no table has: with the place of another slot, in a hole between regions, or where a run of
// blocks of its type begins. `tables` must not be empty. Reads the written blocks of the volume if
// a region cannot be where any table says.
[[nodiscard]] Result<Slots> choose_slots(const FoundationRepair& repair,
                                         const std::vector<Slots>& tables);

}  // namespace vde
