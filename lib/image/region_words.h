// Texts about the regions that commands read or change.
#pragma once

#include "probe/region_table.h"

namespace vde {

inline constexpr RegionWords kTagWords{block_types::kTagIndex, "the tag index",
                                       "the image was created without the 'tags' module",
                                       "modules cannot be added later"};
inline constexpr RegionWords kSnapshotWords{block_types::kSnapshots, "the snapshot table",
                                            "the image was created without the 'snapshot' module",
                                            "modules cannot be added later"};
inline constexpr RegionWords kCodeWords{block_types::kCode, "the code cache",
                                        "the image was created without the 'compute' module",
                                        "modules cannot be added later"};

}  // namespace vde
