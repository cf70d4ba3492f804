// The regions that an image is asked for, in words.
#pragma once

#include "probe/region_table.h"

namespace vde {

inline constexpr RegionWords kTagWords{block_types::kTagIndex, "the tag index",
                                       "the image has no tag index",
                                       "make one with 'vdetool format --modules tags'"};
inline constexpr RegionWords kSnapshotWords{
    block_types::kSnapshots, "the snapshot table",
    "the image has no snapshot table: the module 'snapshot' is missing",
    "make an image with 'vdetool format --modules snapshot'"};
inline constexpr RegionWords kCodeWords{
    block_types::kCode, "the code cache",
    "the image has no code cache: the compute module is missing",
    "make one with 'vdetool format --modules compute'"};

}  // namespace vde
