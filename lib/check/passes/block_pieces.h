// Cuts all blocks whose trailers are to be judged into pieces that threads can work on.
#pragma once

#include "check/passes/bitmap_walk.h"

namespace vde {

// A run of blocks of one region, at most kPieceBytes long (or one block).
struct Piece {
  uint64_t index = 0;  // 0, 1, 2.. in the order in which pieces are handed out
  const PlacedRegion* region = nullptr;
  BlockRange blocks;
};

// What stands for the data area where blocks are judged: all blocks of the volume after the fixed
// ones that the file has; those of other regions are theirs.
[[nodiscard]] PlacedRegion data_region(const Probe& probe);

// Hands out pieces region by region, and then the allocated blocks that lie in none, as if of the
// data area, whatever its slot says: where a region lay before it moved, blocks may be in use. Left
// out are holes, what nothing may judge (journals past their header; free blocks) and what other
// passes judge (the superblock groups and the directory). For one thread at a time.
class PieceSource {
 public:
  explicit PieceSource(VerifyContext& context);

  [[nodiscard]] Result<std::optional<Piece>> next();

 private:
  [[nodiscard]] Result<bool> next_stretch();
  [[nodiscard]] Result<bool> next_allocated_run();
  [[nodiscard]] bool start_region();
  [[nodiscard]] bool start_data();
  void cut_other_regions(BlockRange run);

  VerifyContext& context_;
  std::vector<BlockRange> other_regions_;  // not the data area, ascending
  std::optional<BitmapWalk> bitmap_;       // while in the data area
  BitmapWalk::Block bitmap_block_;
  uint64_t bitmap_at_ = 0;  // next block of the volume to judge by bitmap_block_

  PlacedRegion data_;  // all of the volume that regions leave
  bool data_started_ = false;
  size_t next_region_ = 0;
  const PlacedRegion* region_ = nullptr;
  std::vector<BlockRange> todo_;  // of region_, to be searched for data; the next one last
  BlockRange stretch_;            // known to be data, being cut into pieces
  uint64_t next_index_ = 0;
};

}  // namespace vde
