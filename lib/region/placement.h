// Growing and moving regions: slots of regions never overlap, a new place comes out of the data
// area, the old one goes back to it, all in one transaction.
#pragma once

#include "region/allocator.h"

namespace vde {

// What the blocks of a grown region hold that held nothing before.
enum class SpareKind {
  kUnwritten,  // zeros, without trailer
  kSealed,     // a sealed block of zeros each
};

// Gives the region in slot `slot` `count` blocks, more than it has: in place where the next blocks
// are free, else at a new place, to which its written blocks are copied (as this transaction sees
// them). kNoSpace, with nothing changed, where there is no room;
// kIo where the disk is full. MWAL cannot be grown.
// With `newest`, a block of a later generation is kDamaged (see Transaction::read_up_to).
[[nodiscard]] Result<void> grow_region(Transaction& transaction, Allocator& allocator, size_t slot,
                                       uint64_t count, SpareKind spare,
                                       std::optional<uint32_t> newest = std::nullopt);

// The region in slot `slot` lies in `run` from now on, which this transaction took and has written;
// its old blocks are given back, and what was staged for them is forgotten.
[[nodiscard]] Result<void> move_region(Transaction& transaction, Allocator& allocator, size_t slot,
                                       BlockRange run);

}  // namespace vde
