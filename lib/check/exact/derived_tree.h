// Blocks of the integrity tree that follow from their children.
#pragma once

#include "check/exact/derivation.h"

namespace vde {

// What block `number` of the tree in `region` may have held. Leaves are taken from the damaged
// block.
[[nodiscard]] Result<std::vector<DerivedPayload>> derive_tree_block(DerivationInput& input,
                                                                    BlockRange region,
                                                                    uint64_t number);

}  // namespace vde
