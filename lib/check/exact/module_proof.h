// Modules are known by the SHA-256 of their bytes: what was put back of one must come to it.
#pragma once

#include "check/repair/repair_base.h"

namespace vde {

// Blocks of modules that have other bytes than their hash says, of those that own one of
// `restored` (ascending). `file` is the image with all that was restored. A module of which another
// block does not verify proves nothing, and is not among them.
[[nodiscard]] Result<std::vector<BlockRange>> find_wrong_modules(
    BlockFile& file, const Probe& probe, const std::vector<uint64_t>& restored, Activity& activity);

}  // namespace vde
