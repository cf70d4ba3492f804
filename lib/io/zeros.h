// Looking for content where there should be none.
#pragma once

#include <optional>

#include "vde/storage.h"

namespace vde {

// The first byte of `range`, which lies within the file, that is not zero; nothing where all of
// them are. Holes are not read.
[[nodiscard]] Result<std::optional<uint64_t>> first_not_zero(BlockFile& file, ByteRange range);

}  // namespace vde
