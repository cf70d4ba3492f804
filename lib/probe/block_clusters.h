// Runs of blocks joined to what may be a region each.
#pragma once

#include "probe/block_runs.h"

namespace vde {

// So many blocks of another type within a region are taken for damage: no checksum covers the type.
inline constexpr uint64_t kMaxStrays = 2;

// Joins runs of one type that are near each other and have at most kMaxStrays blocks of other types
// between them; and drops what then is a stray block within a larger cluster. Runs that begin
// before the first region, within `journal`, or whose type `wanted` refuses are ignored. Ascending.
[[nodiscard]] std::vector<BlockRun> join_runs(const BlockRuns& found, BlockRange journal,
                                              bool (*wanted)(BlockType));

}  // namespace vde
