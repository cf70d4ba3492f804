// Sets of blocks as lists of ranges.
#pragma once

#include <algorithm>
#include <vector>

#include "vde/bytes.h"

namespace vde {

// `ranges` without the blocks of `cut`, in the same order.
[[nodiscard]] inline std::vector<BlockRange> without(const std::vector<BlockRange>& ranges,
                                                     BlockRange cut) {
  if (cut.empty()) return ranges;
  std::vector<BlockRange> left;
  for (const BlockRange& range : ranges) {
    const BlockRange before{range.begin, std::min(range.end, cut.begin)};
    const BlockRange after{std::max(range.begin, cut.end), range.end};
    if (!before.empty()) left.push_back(before);
    if (!after.empty()) left.push_back(after);
  }
  return left;
}

}  // namespace vde
