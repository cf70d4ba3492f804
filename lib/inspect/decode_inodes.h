// Inodes in a block of INOD as JSON. The format does not say how inodes are packed. The SDK's
// exporter writes one every 512 bytes; bytes there that look like an inode are shown.
#pragma once

#include "vde/bytes.h"
#include "vde/inspect.h"

namespace vde {

// The structures of a block's payload, as from decode_structures(); an empty array if nothing
// looks like an inode.
[[nodiscard]] Json decode_inodes(Bytes payload);

}  // namespace vde
