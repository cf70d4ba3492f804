// Grows and moves regions, in one transaction. A new place is taken from an edge of the data area,
// if that is free, and the old place is returned to it.
#pragma once

#include "region/allocator.h"

namespace vde {

// The content of the new blocks of a grown region.
enum class SpareKind {
  kUnwritten,  // zeros, without a trailer
  kZeroed,     // zeros with a valid trailer
};

// Whether a run is kept to its end by the region that it is allocated for.
enum class PlaceEnd { kKept, kMayBeReleased };

// Allocates a run of `count` free blocks for a region: at an edge of the data area, so that its
// slot can end there, or outside of it; in its middle only if there is no other. The start comes
// before the end, because regions at the end keep the volume from shrinking. kNoSpace.
[[nodiscard]] Result<BlockRange> allocate_place(Transaction& transaction, Allocator& allocator,
                                                uint64_t count, PlaceEnd place_end);

// Gives the region in slot `slot` `count` blocks, more than it has: in place if the following
// blocks are free, else at a new place, to which its written blocks are copied (as this transaction
// sees them). kNoSpace, with nothing changed, if there is no space; kIo if the disk is full. MWAL
// cannot grow. With `newest`, a block of a later generation is kDamaged (see
// Transaction::read_up_to).
[[nodiscard]] Result<void> grow_region(Transaction& transaction, Allocator& allocator, size_t slot,
                                       uint64_t count, SpareKind spare,
                                       std::optional<uint32_t> newest = std::nullopt);

// How much a region is to grow. Blocks that it has afterwards.
struct RegionGrowth {
  uint64_t needed = 0;
  uint64_t max = UINT64_MAX;
};

// As grow_region(), with kZeroed: doubles the region, so that moves are rare, but takes at most a
// quarter of the free blocks for that. With less space it grows by less, down to what is needed.
[[nodiscard]] Result<void> extend_region(Transaction& transaction, Allocator& allocator,
                                         size_t slot, const RegionGrowth& growth,
                                         std::optional<uint32_t> newest = std::nullopt);

// Gives unwritten blocks of the region in slot `slot` a trailer, in order, at most `max` of them.
// `blocks` are those to examine, counted from the region's first one. Returns the first block that
// was not examined, `blocks.end` if there is none.
[[nodiscard]] Result<uint64_t> add_trailers(Transaction& transaction, size_t slot,
                                            BlockRange blocks, uint64_t max);

// Sets the place of the region in slot `slot` to `run`, which this transaction allocated and wrote.
// Releases its old blocks, and discards what was staged for them.
[[nodiscard]] Result<void> move_region(Transaction& transaction, Allocator& allocator, size_t slot,
                                       BlockRange run);

}  // namespace vde
