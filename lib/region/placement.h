// Grows and moves regions. Slots of regions never overlap: a new place is taken from the data area,
// the old one is returned to it, all in one transaction.
#pragma once

#include "region/allocator.h"

namespace vde {

// The content of the new blocks of a grown region.
enum class SpareKind {
  kUnwritten,  // zeros, without a trailer
  kZeroed,     // zeros with a valid trailer
};

// Gives the region in slot `slot` `count` blocks, more than it has: in place if the following
// blocks are free, else at a new place, to which its written blocks are copied (as this transaction
// sees them). kNoSpace, with nothing changed, if there is no space; kIo if the disk is full. MWAL
// cannot grow. With `newest`, a block of a later generation is kDamaged (see
// Transaction::read_up_to).
[[nodiscard]] Result<void> grow_region(Transaction& transaction, Allocator& allocator, size_t slot,
                                       uint64_t count, SpareKind spare,
                                       std::optional<uint32_t> newest = std::nullopt);

// Sets the place of the region in slot `slot` to `run`, which this transaction allocated and wrote.
// Releases its old blocks, and discards what was staged for them.
[[nodiscard]] Result<void> move_region(Transaction& transaction, Allocator& allocator, size_t slot,
                                       BlockRange run);

}  // namespace vde
