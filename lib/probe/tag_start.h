// Where a tag index begins whose header is gone: its nodes name each other by their distance from
// it.
#pragma once

#include "io/block_io.h"

namespace vde {

// The block that `nodes`, blocks of a tag index without its header, count from: at most
// kMaxTagStart blocks before the first of them. Of equally good ones the last before it, because
// the root follows the header. Reads a few of the nodes. kIo.
inline constexpr uint64_t kMaxTagStart = 8;
[[nodiscard]] Result<uint64_t> find_tag_start(const BlockIo& io, BlockRange nodes);

// Whether the tags in these blocks are those of a query index: all that were looked at have its
// keys.
[[nodiscard]] Result<bool> has_query_keys(const BlockIo& io, BlockRange nodes);

}  // namespace vde
