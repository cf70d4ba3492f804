// Copies what is written of a file.
#pragma once

#include "vde/activity.h"
#include "vde/storage.h"

namespace vde {

// Copies the first `size` bytes of `from` to `to`, which must read as zeros there. Holes, and pages
// of zeros, are not written. kInterrupted. `activity.done` grows by the bytes that were read.
[[nodiscard]] Result<void> copy_written(BlockFile& from, uint64_t size, BlockFile& to,
                                        Activity& activity);

}  // namespace vde
