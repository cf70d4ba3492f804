// Finds, takes and gives back blocks, by the allocation bitmap (BMAP) and the region slots: a block
// of a region is taken whatever the bitmap says. Everything happens in a transaction. The bitmap is
// held against what owns blocks before anything is decided by it (region/bitmap_guard.h): every
// call may end in kDamaged.
#pragma once

#include "region/bitmap_guard.h"

namespace vde {

class Allocator {
 public:
  // For the image of `journal`, which outlives it. kDamaged where the bitmap's region is missing or
  // too small for the volume.
  [[nodiscard]] static Result<Allocator> open(const Journal& journal);

  // A run of `count` free blocks, marked allocated and counted: the first one from where the last
  // search ended (or from `hint`) on, else the first one of the volume. kNoSpace where there is
  // none.
  [[nodiscard]] Result<BlockRange> allocate(Transaction& transaction, uint64_t count,
                                            std::optional<uint64_t> hint = std::nullopt);

  // Takes `blocks` if all of them are free; false, and nothing happens, if one is not.
  [[nodiscard]] Result<bool> allocate_exactly(Transaction& transaction, BlockRange blocks);

  // Gives allocated blocks back. They are not handed out again before the next checkpoint.
  [[nodiscard]] Result<void> release(Transaction& transaction, BlockRange blocks);

  // kDamaged where a part of the bitmap that covers `blocks` cannot be believed: to be asked before
  // the first direct write of a change that will release them.
  [[nodiscard]] Result<void> check(Transaction& transaction, BlockRange blocks);

  // As release(), of the old place of a region, but for blocks that a table names: they stay
  // allocated.
  [[nodiscard]] Result<void> release_region(Transaction& transaction, BlockRange blocks);

  // As release(), of those of `blocks`, anywhere in the volume, that are marked allocated and that
  // no region but the data area has.
  [[nodiscard]] Result<void> release_marked(Transaction& transaction, BlockRange blocks);

  // Whether `blocks`, of the volume's end, may be cut off: none is allocated, nothing refers to
  // one, the journal needs none, and where other programs own blocks none was ever written. Regions
  // are not asked.
  [[nodiscard]] Result<bool> may_give_up(Transaction& transaction, BlockRange blocks);

  // What the first decision by the bitmap found: other programs own blocks, too, so that only
  // blocks that were never written are taken.
  [[nodiscard]] bool takes_unwritten_only() const { return guard_.only_unwritten(); }

  // Marks all blocks of regions: existing writers mark those of the first bitmap block only.
  [[nodiscard]] Result<void> complete(Transaction& transaction);

  // Clears the bits of blocks that are about to become part of the volume.
  [[nodiscard]] Result<void> clear(Transaction& transaction, BlockRange blocks);

  // `count` free blocks, in any order, without taking them: for images outside of the journal.
  [[nodiscard]] Result<std::vector<uint64_t>> find_spare(Transaction& transaction, uint64_t count);

 private:
  explicit Allocator(uint32_t block_size)
      : bits_(bits_per_bitmap_block(block_size)), guard_(block_size) {}

  // A block of the bitmap, checked, as the transaction sees it. Valid until the next call.
  [[nodiscard]] Result<Bytes> bits_at(Transaction& transaction, uint64_t index);

  enum class Bits { kSet, kClear };
  [[nodiscard]] Result<void> mark(Transaction& transaction, BlockRange blocks, Bits bits);
  [[nodiscard]] Result<std::optional<BlockRange>> find_run(Transaction& transaction,
                                                           BlockRange within, uint64_t count);

  uint64_t bits_;      // of one bitmap block
  uint64_t next_ = 0;  // where the next search starts
  BitmapGuard guard_;
};

}  // namespace vde
