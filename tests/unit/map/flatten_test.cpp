#include "map/flatten.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/random.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kBlocks = 40;

std::vector<BlockRange> random_ranges(Random& random) {
  std::vector<BlockRange> ranges(random.below(8));
  for (BlockRange& range : ranges) {
    range.begin = random.below(kBlocks);
    range.end = range.begin + random.below(kBlocks - range.begin + 1);
  }
  return ranges;
}

// The first range that contains a block, and how many do.
std::pair<size_t, uint64_t> expected_at(const std::vector<BlockRange>& ranges, uint64_t block) {
  const auto has = [&](const BlockRange& range) { return range.contains(block); };
  return {static_cast<size_t>(std::find_if(ranges.begin(), ranges.end(), has) - ranges.begin()),
          static_cast<uint64_t>(std::count_if(ranges.begin(), ranges.end(), has))};
}

}  // namespace

TEST_CASE("each block gets the first range that contains it") {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::vector<BlockRange> ranges = random_ranges(random);
    const std::vector<FlatPiece> pieces = flatten(ranges);
    uint64_t last_end = 0;
    for (const FlatPiece& piece : pieces) {
      CHECK(piece.blocks.begin >= last_end);
      CHECK_FALSE(piece.blocks.empty());
      last_end = piece.blocks.end;
    }
    PieceCursor cursor(pieces);
    for (uint64_t block = 0; block < kBlocks; ++block) {
      uint64_t end = kBlocks;
      const FlatPiece* piece = cursor.at(block, end);
      CHECK(end > block);
      const auto wanted = expected_at(ranges, block);
      if (piece == nullptr) {
        CHECK(wanted.second == 0);
      } else {
        CHECK(std::pair(piece->winner, piece->layers) == wanted);
      }
    }
  }
}
