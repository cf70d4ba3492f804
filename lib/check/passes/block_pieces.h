// Divides the blocks to check into pieces for the threads.
#pragma once

#include "check/passes/bitmap_walk.h"

namespace vde {

// What one of `threads` threads maps at a time, in bytes: the more the better up to 16 MiB, because
// each window costs the other threads an interrupt when it is unmapped, and little enough that many
// threads do not hold much memory.
[[nodiscard]] uint64_t mapped_at_once(unsigned threads);

// What one thread reads at a time. From a server the bytes come in pieces of this size, and two
// threads do not wait for the same one.
inline constexpr uint64_t kReadByOneThread = uint64_t{256} << 10;

// Consecutive blocks of one region.
struct Piece {
  uint64_t index = 0;  // 0, 1, 2.. in the order of next()
  const PlacedRegion* region = nullptr;
  BlockRange blocks;
};

// The data area for the block pass: all blocks of the volume after the fixed ones, as far as the
// file goes, whatever the bounds of its slot. Blocks of other regions are not checked as data.
[[nodiscard]] PlacedRegion data_region(const Probe& probe);

// Returns pieces region by region, then the allocated blocks outside regions as data blocks. The
// bounds of the data area's slot do not matter: blocks may be in use where a region was before it
// moved. Skipped are holes, blocks with undefined content (journals past their header, free blocks)
// and blocks that other passes check (superblock groups and directory). For one thread at a time.
class PieceSource {
 public:
  explicit PieceSource(VerifyContext& context);

  // At most `most` bytes long, or one block, and not across a multiple of that in the file: where
  // the page cache holds 2 MiB in one piece, they are mapped at once, but only as a whole.
  [[nodiscard]] Result<std::optional<Piece>> next(uint64_t most);

 private:
  [[nodiscard]] Result<bool> next_stretch();
  [[nodiscard]] Result<bool> next_allocated_run();
  [[nodiscard]] bool start_region();
  [[nodiscard]] bool start_data();
  void cut_other_regions(BlockRange run);

  VerifyContext& context_;
  std::vector<BlockRange> other_regions_;  // all except the data area, ascending
  std::optional<BitmapWalk> bitmap_;       // while in the data area
  BitmapWalk::Block bitmap_block_;
  uint64_t bitmap_at_ = 0;  // the next block of the volume to look up in bitmap_block_

  PlacedRegion data_;  // all blocks outside the other regions
  bool data_started_ = false;
  size_t next_region_ = 0;
  const PlacedRegion* region_ = nullptr;
  std::vector<BlockRange> todo_;  // of region_, to be searched for data; the next one is the last
  BlockRange stretch_;            // without holes, being divided into pieces
  uint64_t next_index_ = 0;
};

}  // namespace vde
