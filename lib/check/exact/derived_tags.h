// Blocks of a tag index that follow from its leaves: inner nodes, both filters.
#pragma once

#include "check/exact/derived.h"

namespace vde {

// What block `index` of the index in `region` may have held. Reads the whole index once.
[[nodiscard]] Result<std::vector<DerivedPayload>> derive_tag_block(const BlockIo& io,
                                                                   BlockRange region,
                                                                   uint64_t index,
                                                                   const Activity& activity);

}  // namespace vde
