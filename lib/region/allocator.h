// Finds, allocates and releases blocks, using the allocation bitmap (BMAP) and the region slots: a
// block of a region is in use regardless of the bitmap. Everything happens in a transaction. The
// bitmap is checked against the owners of blocks before any decision depends on it
// (region/bitmap_guard.h), so every call may return kDamaged.
#pragma once

#include "region/bitmap_guard.h"

namespace vde {

class Allocator {
 public:
  // For the image of `journal`, which must outlive the allocator. kDamaged if the bitmap's region
  // is missing or too small for the volume.
  [[nodiscard]] static Result<Allocator> open(const Journal& journal);

  // The same for a repair while a table of owners is damaged: allocates only blocks that were never
  // written, and none of `named`.
  [[nodiscard]] static Result<Allocator> open_without_owners(const Journal& journal,
                                                             std::vector<BlockRange> named);

  // Allocates a run of `count` free blocks: the first one after the end of the last search (or
  // after `hint`), else the first one of the volume. Updates the counts. kNoSpace if there is none.
  [[nodiscard]] Result<BlockRange> allocate(Transaction& transaction, uint64_t count,
                                            std::optional<uint64_t> hint = std::nullopt);

  // Same, for the first run in `within`; nothing, and nothing changed, if there is none. Does not
  // affect where the next search starts.
  [[nodiscard]] Result<std::optional<BlockRange>> allocate_within(Transaction& transaction,
                                                                  BlockRange within,
                                                                  uint64_t count);

  // Allocates `blocks` if all of them are free. Otherwise returns false and changes nothing.
  [[nodiscard]] Result<bool> allocate_exactly(Transaction& transaction, BlockRange blocks);

  // Releases allocated blocks. They are not allocated again before the next checkpoint.
  [[nodiscard]] Result<void> release(Transaction& transaction, BlockRange blocks);

  // kDamaged if a part of the bitmap that covers `blocks` cannot be trusted. To be called before
  // the first direct write of a change that will release these blocks.
  [[nodiscard]] Result<void> check(Transaction& transaction, BlockRange blocks);

  // As release(), for the old place of a region. Blocks that a table names stay allocated.
  [[nodiscard]] Result<void> release_region(Transaction& transaction, BlockRange blocks);

  // As release(), for those of `blocks`, anywhere in the volume, that are marked allocated and do
  // not belong to a region other than the data area.
  [[nodiscard]] Result<void> release_marked(Transaction& transaction, BlockRange blocks);

  // True if `blocks`, at the end of the volume, may be cut off: none is allocated, nothing refers
  // to them, the journal does not need them, and, if other programs own blocks, none was ever
  // written. Does not check regions.
  [[nodiscard]] Result<bool> may_give_up(Transaction& transaction, BlockRange blocks);

  // True if other programs own blocks, so that only blocks that were never written may be
  // allocated. Known after the first decision that depended on the bitmap.
  [[nodiscard]] bool takes_unwritten_only() const { return guard_.only_unwritten(); }

  // Marks all blocks of regions: the SDK marks only those of the first bitmap block.
  [[nodiscard]] Result<void> complete(Transaction& transaction);

  // Clears the bits of blocks that are about to become part of the volume.
  [[nodiscard]] Result<void> clear(Transaction& transaction, BlockRange blocks);

  // Finds `count` free blocks, in any order, without allocating them; for after-images outside of
  // the journal. All blocks of their sectors are free.
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

  uint64_t bits_;      // bits per bitmap block
  uint64_t next_ = 0;  // start of the next search
  BitmapGuard guard_;
};

}  // namespace vde
