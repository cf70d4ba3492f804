// The regions of an image as its blocks show them: for images whose region tables are lost, or
// contradict the blocks.
#pragma once

#include "format/region_map.h"
#include "probe/block_runs.h"

namespace vde {

// The slots that the blocks of a volume of `total_blocks` blocks suggest: the fixed ones, one per
// type of region, in the order of their first blocks, and the data area. Of several runs of one
// type, the newest one counts that starts like the region does. A region ends where the next block
// of another type is, if a region of its type can be that large. kIo, kInterrupted.
[[nodiscard]] Result<std::vector<RegionSlot>> guess_slots(const BlockIo& io, const BlockRuns& found,
                                                          uint64_t total_blocks,
                                                          const Activity& activity);

// The features of the superblock's manifest whose regions all are among `slots`.
[[nodiscard]] uint32_t manifest_of_slots(const std::vector<RegionSlot>& slots);

// The slots that the blocks contradict: those that extend past the end of the volume, and those in
// whose region there are only blocks of other regions, although there are blocks of their type
// elsewhere.
[[nodiscard]] std::vector<size_t> contradicted_slots(const std::vector<RegionSlot>& slots,
                                                     const BlockRuns& found, uint64_t total_blocks);

}  // namespace vde
