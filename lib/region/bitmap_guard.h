// Whether the allocation bitmap may be believed. Its later blocks are holes in a fresh image, so
// zeros and "free" look alike there: what tells them apart is what owns blocks (region/owners.h),
// and the superblock's counts. docs/DESIGN.md, "What a writer demands of what it reads", argues it.
#pragma once

#include <optional>
#include <unordered_set>

#include "format/region/bitmap.h"
#include "region/owners.h"

namespace vde {

// The region of the allocation bitmap; kDamaged where there is none.
[[nodiscard]] Result<Region> bitmap_region(const RegionTable& regions);

class BitmapGuard {
 public:
  explicit BitmapGuard(uint32_t block_size)
      : block_size_(block_size), bits_(bits_per_bitmap_block(block_size)) {}

  // Holds owners, counts and bitmap against each other, as the last commit of `journal` left them;
  // the first call of a session alone does anything. No commit of the session may have changed the
  // bitmap before. kDamaged, naming a block, where they contradict each other.
  [[nodiscard]] Result<void> start(const Journal& journal);

  // Bitmap block `index`, as committed, says what the owners say. kDamaged where it does not.
  // Nothing to do for blocks that passed, or where other programs own blocks, too: their count was
  // checked by start().
  [[nodiscard]] Result<void> check(const Journal& journal, uint64_t index);

  // After start(): other programs' blocks are among the allocated ones, and nobody knows which. So
  // only blocks that were never written may be taken.
  [[nodiscard]] bool only_unwritten() const { return only_unwritten_; }
  // After start(): what tables name, also within regions: Owners::named. A region that moves away
  // leaves such blocks to them.
  [[nodiscard]] const std::vector<BlockRange>& named() const { return named_; }
  // After start(): blocks that something refers to though the bitmap calls them free and nothing
  // was written to them. Never handed out. Disjoint and ascending.
  [[nodiscard]] const std::vector<BlockRange>& reserved() const { return reserved_; }

 private:
  [[nodiscard]] Result<Bytes> payload(const Journal& journal, uint64_t index);
  // Blocks that the bitmap calls free, or allocated, alike.
  struct Run {
    BlockRange blocks;
    bool allocated = false;
  };
  [[nodiscard]] Result<Run> run_at(const Journal& journal, BlockRange blocks);
  [[nodiscard]] Result<void> find_reserved(const Journal& journal,
                                           const std::vector<BlockRange>& stored);
  [[nodiscard]] Result<void> count_all(const Journal& journal, uint64_t expected);
  [[nodiscard]] BlockRange covers(uint64_t index) const;

  uint32_t block_size_;
  uint64_t bits_;  // of one bitmap block
  bool started_ = false;
  bool only_unwritten_ = false;
  uint64_t total_ = 0;  // blocks of the volume
  BlockRange bitmap_;   // the blocks that hold its bits
  std::vector<BlockRange> regions_;
  std::vector<BlockRange> named_;
  std::vector<BlockRange> owned_;  // both, merged
  std::vector<BlockRange> reserved_;
  std::unordered_set<uint64_t> checked_;  // bitmap blocks that passed
  BlockBuffer buffer_;
};

}  // namespace vde
