// Decides whether the allocation bitmap can be trusted. Its later blocks are holes in a new image,
// so lost blocks and "free" look alike. They are distinguished by the owners of blocks
// (region/owners.h) and by the superblock's counts. docs/DESIGN.md, "What a writer demands of what
// it reads", explains it.
#pragma once

#include <optional>
#include <unordered_set>

#include "format/region/bitmap.h"
#include "region/owners.h"

namespace vde {

// The region of the allocation bitmap; kDamaged if there is none.
[[nodiscard]] Result<Region> bitmap_region(const RegionTable& regions);

class BitmapGuard {
 public:
  explicit BitmapGuard(uint32_t block_size)
      : block_size_(block_size), bits_(bits_per_bitmap_block(block_size)) {}

  // For a repair while a table of owners is damaged: only blocks that were never written may be
  // allocated, and none of `named`. start() then counts nothing.
  void assume_owners(std::vector<BlockRange> named) { assumed_ = std::move(named); }

  // Checks owners, counts and bitmap against each other, as of the last commit of `journal`. Only
  // the first call of a session does anything; no commit of the session may have changed the bitmap
  // before. kDamaged, naming a block, if they contradict each other.
  [[nodiscard]] Result<void> start(const Journal& journal);

  // Checks committed bitmap block `index` against the owners. kDamaged if they disagree. Does
  // nothing for blocks that passed before, or if other programs own blocks: start() checked their
  // count then.
  [[nodiscard]] Result<void> check(const Journal& journal, uint64_t index);

  // After start(): other programs own some of the allocated blocks, and it is unknown which. Only
  // blocks that were never written may be allocated then.
  [[nodiscard]] bool only_unwritten() const { return only_unwritten_; }
  // After start(): the blocks that tables name, also within regions (Owners::named). If a region
  // moves away, such blocks stay allocated.
  [[nodiscard]] const std::vector<BlockRange>& named() const { return named_; }
  // After start(): blocks that something refers to although they are marked free and were never
  // written. They are never allocated. Disjoint and ascending.
  [[nodiscard]] const std::vector<BlockRange>& reserved() const { return reserved_; }

 private:
  [[nodiscard]] Result<Bytes> payload(const Journal& journal, uint64_t index);
  [[nodiscard]] Result<void> start_assumed(const Journal& journal);
  // A run of blocks with equal bits.
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
  uint64_t bits_;  // bits per bitmap block
  bool started_ = false;
  bool only_unwritten_ = false;
  uint64_t total_ = 0;  // blocks of the volume
  BlockRange bitmap_;   // the blocks of the bitmap
  std::vector<BlockRange> regions_;
  std::vector<BlockRange> named_;
  std::vector<BlockRange> owned_;  // regions and named blocks, merged
  std::vector<BlockRange> reserved_;
  std::optional<std::vector<BlockRange>> assumed_;
  std::unordered_set<uint64_t> checked_;  // bitmap blocks that passed
  BlockBuffer buffer_;
};

}  // namespace vde
