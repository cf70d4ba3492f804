// Finds what stores its bytes in a block of the data area.
#pragma once

#include "inspect/owner.h"
#include "io/block_io.h"
#include "vde/inspect.h"

namespace vde {

// The modules, the dictionaries and the snapshots' inode tables that contain byte `within` of block
// `number`, an array: {kind, id, hash, label, .., byte, size}. `byte` counts in a module or a
// dictionary; it is null for bytes that are not its own. Reads the blocks of the tables that
// verify.
[[nodiscard]] Json users_of(const Probe& probe, const BlockIo& io, uint64_t number,
                            uint64_t within);

}  // namespace vde
