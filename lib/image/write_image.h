// Writes a planned image to an open file.
#pragma once

#include "vde/create.h"

namespace vde {

// Fills `file`, which must read as zero in the area of the image. Writes only blocks that are in
// use. The superblock groups come last, so that a half-written device is not an image. The only
// sync is the one between content and superblocks.
[[nodiscard]] Result<void> write_image(BlockFile& file, const ImagePlan& plan,
                                       const Activity& activity);

}  // namespace vde
