// Writing a planned image into an open file.
#pragma once

#include "vde/create.h"

namespace vde {

// Fills `file`, whose content must read as zero where it is to be written. Only blocks that hold
// something are written; the superblock groups come last, so that a half-written device is no
// image. Nothing is synced but the order between content and superblocks.
[[nodiscard]] Result<void> write_image(BlockFile& file, const ImagePlan& plan,
                                       const Activity& activity);

}  // namespace vde
