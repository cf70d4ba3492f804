// Where the file system keeps the bytes of a file.
#pragma once

#include "vde/storage.h"

namespace vde {

// Whether every byte of `range` has its own place on the disk, so that a write needs no new space.
// False if the file system does not tell.
[[nodiscard]] bool has_space(int fd, ByteRange range);

}  // namespace vde
