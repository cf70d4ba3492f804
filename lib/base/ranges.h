// Sets of blocks as lists of ranges.
#pragma once

#include <map>
#include <vector>

#include "vde/bytes.h"

namespace vde {

// `ranges` without the blocks of `cut`, in the same order.
[[nodiscard]] std::vector<BlockRange> without(const std::vector<BlockRange>& ranges,
                                              BlockRange cut);

// The blocks of `ranges` below `end`, as disjoint ascending ranges that do not touch.
[[nodiscard]] std::vector<BlockRange> merge_ranges(std::vector<BlockRange> ranges, uint64_t end);

// The blocks of `ranges` that are not in `except`. Both are as merge_ranges() returns them, and so
// is the result, except that its ranges may touch.
[[nodiscard]] std::vector<BlockRange> subtract(const std::vector<BlockRange>& ranges,
                                               const std::vector<BlockRange>& except);

// `range` without those of `others` that reach its start or its end; `others` are as
// merge_ranges() returns them. Empty if they cover all of it.
[[nodiscard]] BlockRange without_edges(BlockRange range, const std::vector<BlockRange>& others);

// A set that grows: begin -> end of disjoint ranges that do not touch.
using RangeMap = std::map<uint64_t, uint64_t>;
void add_range(RangeMap& ranges, BlockRange blocks);
[[nodiscard]] bool covers(const RangeMap& ranges, BlockRange blocks);

// The number of blocks in disjoint ranges.
[[nodiscard]] uint64_t count_blocks(const std::vector<BlockRange>& ranges);

}  // namespace vde
