// Blocks that were written over with a copy of another one of their region: their checksums fit,
// and they are not what was there.
#pragma once

#include <map>
#include <set>

#include "check/repair/repair_base.h"

namespace vde {

// Whether no two blocks of such a region hold the same, but for zeros.
[[nodiscard]] bool has_unique_blocks(BlockType type);

// Of `restored` those blocks of tables and tag nodes that hold the same as another valid block of
// their region, but for zeros. `file` is the image with all that was restored.
[[nodiscard]] Result<std::set<uint64_t>> find_copied_blocks(BlockFile& file, const Probe& probe,
                                                            const std::vector<uint64_t>& restored,
                                                            const Activity& activity);

}  // namespace vde
