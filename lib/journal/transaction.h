// Changes on their way into one commit. Nothing of a transaction is visible, or on the disk but in
// free blocks, before Journal::commit.
#pragma once

#include <map>

#include "format/superblock.h"
#include "io/block_io.h"
#include "probe/region_table.h"

namespace vde {

class Journal;

class Transaction {
 public:
  // Starts from what `journal` has committed; it outlives the transaction.
  explicit Transaction(const Journal& journal);
  Transaction(Transaction&&) = default;
  Transaction& operator=(Transaction&&) = delete;

  // Staged copies; commit sets the sequence and the times.
  [[nodiscard]] Superblock& superblock() { return superblock_; }
  [[nodiscard]] HeaderSeal& seal() { return seal_; }
  [[nodiscard]] RegionTable& regions() { return regions_; }

  // The payload of block `number` as this transaction sees it. A block that is not staged must
  // verify and carry `tag`, or be unwritten, which reads as zeros. Valid until the next call.
  [[nodiscard]] Result<Bytes> read(uint64_t number, BlockType tag);

  // As read(); kDamaged, too, where the block that was committed is of a generation after `newest`.
  // For structures of which one block changes with every change: a block that is newer than that
  // one shows that a write of it was lost.
  [[nodiscard]] Result<Bytes> read_up_to(uint32_t newest, uint64_t number, BlockType tag);

  // The generation of block `number` as it was committed, 0 where it was never written; checks the
  // block as read() does.
  [[nodiscard]] Result<uint32_t> committed_generation(uint64_t number, BlockType tag);

  // Whether the block reads as never written, as this transaction sees it: one that is staged will
  // have a trailer.
  [[nodiscard]] Result<bool> is_unwritten(uint64_t number) const;

  // As read(), to be changed in place: the block is staged. Stays valid for the transaction's life.
  [[nodiscard]] Result<MutableBytes> edit(uint64_t number, BlockType tag);

  // As edit(), and kDamaged where the block was never written.
  [[nodiscard]] Result<MutableBytes> edit_written(uint64_t number, BlockType tag);

  // Stages a block whose content does not matter any more: its payload, zeroed.
  [[nodiscard]] Result<MutableBytes> replace(uint64_t number, BlockType tag);

  // As replace(), of a block that is said to be in no use: kDamaged where its payload is not zero.
  [[nodiscard]] Result<MutableBytes> replace_unused(uint64_t number, BlockType tag);

  // Takes back what was staged for these blocks: their content does not matter any more.
  void unstage(BlockRange blocks);

  // Writes sealed `blocks` (whole blocks of `tag`, trailers set here) from `first` on, straight
  // home. Only for blocks that were free and not pinned when this transaction began.
  [[nodiscard]] Result<void> write_direct(uint64_t first, BlockType tag, MutableBytes blocks);

  // Makes blocks read as never written, under the same condition.
  [[nodiscard]] Result<void> wipe_direct(BlockRange blocks);

  // Blocks that commit will put into its record.
  [[nodiscard]] size_t staged_blocks() const { return staged_.size(); }

  // These blocks are not in use any more once this commits.
  void note_freed(BlockRange blocks) { freed_.push_back(blocks); }
  [[nodiscard]] const std::vector<BlockRange>& freed() const { return freed_; }

  // The checkpoint sequence that this commit will have; its low 32 bits are the generation of all
  // blocks in it.
  [[nodiscard]] int64_t sequence() const;
  [[nodiscard]] uint32_t generation() const { return static_cast<uint32_t>(sequence()); }

  [[nodiscard]] const Journal& journal() const { return journal_; }

 private:
  friend class Journal;

  struct StagedBlock {
    BlockType tag;
    Trailer before;     // at home, or in the last record
    BlockBuffer bytes;  // a whole block; the trailer is set at commit
  };

  [[nodiscard]] Result<StagedBlock*> stage(uint64_t number, BlockType tag, bool keep_content);

  const Journal& journal_;
  Superblock superblock_;
  HeaderSeal seal_;
  RegionTable regions_;
  std::map<uint64_t, StagedBlock> staged_;
  std::vector<BlockRange> freed_;

  // The block that was read last, verified: it is often the one that is edited next.
  static constexpr uint64_t kNone = UINT64_MAX;
  BlockBuffer buffer_;
  uint64_t buffered_ = kNone;
  BlockType buffered_tag_;
};

}  // namespace vde
