// Probes of files whose superblock is gone.
#pragma once

#include "probe/probe.h"

namespace vde {

// As probe_image(), for blocks of `block_size` bytes, whether or not a superblock names that size.
// The result has no problem: the caller says that the file is an image.
[[nodiscard]] Result<Probe> probe_with_size(BlockFile& file, uint32_t block_size);

}  // namespace vde
