// Modules are known by the SHA-256 of their bytes: a module with restored blocks must have it.
#pragma once

#include "check/repair/repair_base.h"

namespace vde {

// Which of `restored` (ascending) belong to a module whose bytes in `file`, the image with all that
// was restored, have another hash than its entry; blocks of a module that has its hash are not
// among them. A module of which another block does not verify proves nothing. Each block is read
// twice at most, however many entries name it. kIo, kInterrupted.
[[nodiscard]] Result<std::vector<uint64_t>> find_wrong_module_blocks(
    BlockFile& file, const Probe& probe, const std::vector<uint64_t>& restored, Activity& activity);

}  // namespace vde
