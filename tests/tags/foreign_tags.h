// The tag region as the existing writer leaves it, so that tests can let it write in between.
#pragma once

#include <cstdint>
#include <vector>

#include "vde/bytes.h"
#include "vde/tag_types.h"

namespace vde::test {

struct ForeignShape {
  size_t order = 64;         // most keys a node
  uint64_t empty_every = 0;  // one leaf in so many has lost its entries; 0 = none
};

// Puts `entries`, in the order given, into the blocks of `region` (whole blocks of `block_size`):
// breadth first, 64 keys or `order` a node, the first key of the right leaf as separator, Bloom
// bits rebuilt, zeros elsewhere, blocks behind the tree sealed zeros. False, and nothing is
// changed, where a node or the tree does not fit.
[[nodiscard]] bool write_as_foreign(MutableBytes region, uint32_t block_size,
                                    const std::vector<TagEntry>& entries,
                                    const ForeignShape& shape);

}  // namespace vde::test
