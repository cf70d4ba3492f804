// The recovery footer: a class of the SDK writes the payload of block 0 to the file's last block,
// too. The block belongs to the data area, so it may be overwritten, or older than the superblock.
#pragma once

#include <optional>

#include "io/block_io.h"

namespace vde {

// The block, if it is a valid superblock of an image of this size with blocks of this size.
[[nodiscard]] std::optional<BlockBuffer> read_recovery_footer(const BlockIo& io);

}  // namespace vde
