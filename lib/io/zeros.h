// Finds nonzero bytes.
#pragma once

#include <optional>

#include "vde/storage.h"

namespace vde {

// The offset of the first nonzero byte in `range`, which must lie within the file; nothing if all
// bytes are zero. Does not read holes.
[[nodiscard]] Result<std::optional<uint64_t>> first_not_zero(BlockFile& file, ByteRange range);

}  // namespace vde
