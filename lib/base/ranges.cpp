#include "base/ranges.h"

#include <algorithm>

namespace vde {

std::vector<BlockRange> without(const std::vector<BlockRange>& ranges, BlockRange cut) {
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

std::vector<BlockRange> subtract(const std::vector<BlockRange>& ranges,
                                 const std::vector<BlockRange>& except) {
  std::vector<BlockRange> left;
  auto skip = except.begin();
  for (BlockRange range : ranges) {
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

BlockRange without_edges(BlockRange range, const std::vector<BlockRange>& others) {
  for (const BlockRange& other : others)
    if (other.begin <= range.begin) range.begin = std::max(range.begin, other.end);
  for (auto other = others.rbegin(); other != others.rend(); ++other)
    if (other->end >= range.end) range.end = std::min(range.end, other->begin);
  return range;
}

void add_range(RangeMap& ranges, BlockRange blocks) {
  if (blocks.empty()) return;
  auto next = ranges.upper_bound(blocks.begin);
  if (next != ranges.begin()) {
    const auto before = std::prev(next);
    if (before->second >= blocks.begin) {
      blocks.begin = before->first;
      blocks.end = std::max(blocks.end, before->second);
      ranges.erase(before);
    }
  }
  while (next != ranges.end() && next->first <= blocks.end) {
    blocks.end = std::max(blocks.end, next->second);
    next = ranges.erase(next);
  }
  ranges[blocks.begin] = blocks.end;
}

bool covers(const RangeMap& ranges, BlockRange blocks) {
  const auto next = ranges.upper_bound(blocks.begin);
  return next != ranges.begin() && std::prev(next)->second >= blocks.end;
}

uint64_t count_blocks(const std::vector<BlockRange>& ranges) {
  uint64_t count = 0;
  for (const BlockRange& range : ranges) count += range.count();
  return count;
}

}  // namespace vde
