#include <algorithm>

#include "check/context.h"

namespace vde {

std::vector<BlockRange> merge_ranges(std::vector<BlockRange> ranges, uint64_t end) {
  std::sort(ranges.begin(), ranges.end(),
            [](const BlockRange& a, const BlockRange& b) { return a.begin < b.begin; });
  std::vector<BlockRange> merged;
  for (BlockRange range : ranges) {
    range.end = std::min(range.end, end);
    if (range.empty()) continue;
    if (!merged.empty() && range.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, range.end);
    else
      merged.push_back(range);
  }
  return merged;
}

std::vector<BlockRange> References::merged(uint64_t end,
                                           const std::vector<BlockRange>& except) const {
  std::vector<BlockRange> left;
  auto skip = except.begin();
  for (BlockRange range : merge_ranges(ranges_, end)) {
    while (!range.empty()) {
      while (skip != except.end() && skip->end <= range.begin) ++skip;
      const bool hit = skip != except.end() && skip->begin < range.end;
      const BlockRange part{range.begin, hit ? std::max(skip->begin, range.begin) : range.end};
      if (!part.empty()) left.push_back(part);
      range.begin = hit ? skip->end : range.end;
    }
  }
  return left;
}

}  // namespace vde
