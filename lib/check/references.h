// Who refers to blocks that lie in no region but the data area.
#pragma once

#include <set>
#include <vector>

#include "base/ranges.h"
#include "format/block_type.h"

namespace vde {

// Passes add what they read in their structures; the bitmap is held against it, by the last pass.
class References {
 public:
  void add(BlockRange blocks) {
    // Modules lie one after the other, and an image may have a hundred thousand.
    if (!ranges_.empty() && ranges_.back().end == blocks.begin)
      ranges_.back().end = blocks.end;
    else
      ranges_.push_back(blocks);
  }
  // All that the regions with this tag refer to was added. Without that for each structure that may
  // refer to blocks, nothing can be said to be referred to by nobody.
  void know(BlockType tag) { known_.insert(tag.value); }
  [[nodiscard]] bool knows(BlockType tag) const { return known_.contains(tag.value); }

  // What was added, as disjoint ascending ranges below `end`, without what `except` has, which is
  // disjoint and ascending too.
  [[nodiscard]] std::vector<BlockRange> merged(uint64_t end,
                                               const std::vector<BlockRange>& except) const;

 private:
  std::vector<BlockRange> ranges_;
  std::set<uint32_t> known_;
};

}  // namespace vde
