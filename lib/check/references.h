// References to blocks of the data area.
#pragma once

#include <set>
#include <vector>

#include "base/ranges.h"
#include "format/block_type.h"

namespace vde {

// Passes add the references in their structures; the last pass compares them with the bitmap.
class References {
 public:
  void add(BlockRange blocks) {
    // Merge neighbours: modules are adjacent, and an image may have a hundred thousand.
    if (!ranges_.empty() && ranges_.back().end == blocks.begin)
      ranges_.back().end = blocks.end;
    else
      ranges_.push_back(blocks);
  }
  // All references from regions of this type were added. Blocks can be reported as unreferenced
  // only if that holds for every type of region that may refer to blocks.
  void know(BlockType type) { known_.insert(type.value); }
  [[nodiscard]] bool knows(BlockType type) const { return known_.contains(type.value); }

  // All references as disjoint ascending ranges below `end`, without the ranges in `except`, which
  // are disjoint and ascending too.
  [[nodiscard]] std::vector<BlockRange> merged(uint64_t end,
                                               const std::vector<BlockRange>& except) const;

 private:
  std::vector<BlockRange> ranges_;
  std::set<uint32_t> known_;
};

}  // namespace vde
