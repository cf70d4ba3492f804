// Writes the tag region as the SDK does, so that tests can let it write in between.
#pragma once

#include <cstdint>
#include <vector>

#include "vde/bytes.h"
#include "vde/tag_types.h"

namespace vde::test {

struct ForeignShape {
  size_t order = 64;         // maximum number of keys per node
  uint64_t empty_every = 0;  // one of this many leaves has lost its entries; 0 = none
};

// Writes `entries`, in the given order, to the blocks of `region` (whole blocks of `block_size`):
// breadth first, 64 keys or `order` per node, the first key of the right leaf as separator, Bloom
// bits rebuilt, zeros elsewhere, blocks after the tree all zero with a trailer. Returns false, with
// nothing changed, if a node or the tree does not fit.
[[nodiscard]] bool write_as_foreign(MutableBytes region, uint32_t block_size,
                                    const std::vector<TagEntry>& entries,
                                    const ForeignShape& shape);

}  // namespace vde::test
