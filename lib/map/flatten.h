// Ranges of blocks that may overlap, as ranges that do not.
#pragma once

#include <vector>

#include "vde/bytes.h"

namespace vde {

struct FlatPiece {
  BlockRange blocks;
  size_t winner = 0;    // the first of the ranges that contain these blocks
  uint64_t layers = 0;  // how many ranges contain them
};

// The blocks of `ranges`, each with the first range that contains it: disjoint and ascending. An
// earlier range wins over later ones.
[[nodiscard]] std::vector<FlatPiece> flatten(const std::vector<BlockRange>& ranges);

// The pieces one after the other, for walks that ask for ascending blocks.
class PieceCursor {
 public:
  explicit PieceCursor(const std::vector<FlatPiece>& pieces) : pieces_(&pieces) {}

  // The piece that contains `block`, or null. Sets `end` to where that answer ends, if it is less.
  const FlatPiece* at(uint64_t block, uint64_t& end);

 private:
  const std::vector<FlatPiece>* pieces_;
  size_t next_ = 0;
};

}  // namespace vde
