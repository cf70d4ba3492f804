// A complete copy, byte for byte, in which every block is verified before it is written.
#pragma once

#include "copy/copy_source.h"
#include "vde/copy.h"

namespace vde {

// Why a complete copy of the source cannot be made, as far as its fixed blocks, its region tables
// and its journal show it. Nothing if they do not.
[[nodiscard]] Result<void> check_can_copy(const CopySource& source);

// Copies all bytes of the source to `to`, which must read as zeros. Blocks count that `verify`
// checks: the written ones of regions, of journals the first one, and those of the data area that
// are allocated or belong to a module or a dictionary. kDamaged, naming the block, if one of them
// fails; kInterrupted. Fills `summary`. `failed_to` is set if an error is one of `to`.
[[nodiscard]] Result<void> copy_verified(CopySource& source, BlockFile& to, CopySummary& summary,
                                         bool& failed_to);

}  // namespace vde
