// Changes for one commit. Before Journal::commit nothing of a transaction is visible or on disk,
// except in free blocks.
#pragma once

#include <map>
#include <set>

#include "base/ranges.h"
#include "format/superblock.h"
#include "io/block_io.h"
#include "probe/region_table.h"

namespace vde {

class Journal;

class Transaction {
 public:
  // Starts from the last commit of `journal`, which must outlive the transaction.
  explicit Transaction(const Journal& journal);
  Transaction(Transaction&&) = default;
  Transaction& operator=(Transaction&&) = delete;

  // Staged copies; commit sets the sequence and the times.
  [[nodiscard]] Superblock& superblock() { return superblock_; }
  [[nodiscard]] HeaderSeal& seal() { return seal_; }
  [[nodiscard]] RegionTable& regions() { return regions_; }

  // The payload of block `number` as this transaction sees it. A block that is not staged must be
  // valid and have the block type `type` (else kDamaged), or be unwritten, which reads as zeros.
  // Valid until the next call.
  [[nodiscard]] Result<Bytes> read(uint64_t number, BlockType type);

  // Same, and kDamaged if the committed block has a generation after `newest`. For structures with
  // one block that every change rewrites: a block newer than that one shows that a write was lost.
  [[nodiscard]] Result<Bytes> read_up_to(uint32_t newest, uint64_t number, BlockType type);

  // The generation of committed block `number`, 0 if it was never written. Checks the block as
  // read() does.
  [[nodiscard]] Result<uint32_t> committed_generation(uint64_t number, BlockType type);

  // True if the block is unwritten as this transaction sees it. A staged block counts as written.
  [[nodiscard]] Result<bool> is_unwritten(uint64_t number) const;

  // As read(), but stages the block for changes in place. Valid for the lifetime of the
  // transaction.
  [[nodiscard]] Result<MutableBytes> edit(uint64_t number, BlockType type);

  // Same, and kDamaged if the block was never written.
  [[nodiscard]] Result<MutableBytes> edit_written(uint64_t number, BlockType type);

  // Stages a block whose content is not needed: returns its payload, zeroed.
  [[nodiscard]] Result<MutableBytes> replace(uint64_t number, BlockType type);

  // Same, for a block that is recorded as unused: kDamaged if its payload is not zero.
  [[nodiscard]] Result<MutableBytes> replace_unused(uint64_t number, BlockType type);

  // Discards what was staged for these blocks.
  void unstage(BlockRange blocks);

  // Writes `blocks` (whole blocks of `type`, trailers are set here) directly to `first` and the
  // following blocks. Only for blocks that were free and not pinned when this transaction began.
  // Blocks that share a sector with others are staged, until the rest of it is written, too.
  [[nodiscard]] Result<void> write_direct(uint64_t first, BlockType type, MutableBytes blocks);

  // Makes blocks read as never written, under the same condition.
  [[nodiscard]] Result<void> wipe_direct(BlockRange blocks);

  // Gives the space of what was written directly back to the file system, as far as that works: the
  // blocks read as never written again. Only for a transaction that will not be committed.
  void give_back_direct();

  // The number of blocks that the commit will put into its record, at most.
  [[nodiscard]] size_t staged_blocks() const;

  // Whether one of these blocks will be in the record.
  [[nodiscard]] bool is_staged(BlockRange blocks) const;

  // Notes that these blocks are no longer in use after the commit.
  void note_freed(BlockRange blocks) { freed_.push_back(blocks); }
  [[nodiscard]] const std::vector<BlockRange>& freed() const { return freed_; }

  // The checkpoint sequence of this commit. Its low 32 bits are the generation of all blocks in the
  // commit.
  [[nodiscard]] int64_t sequence() const;
  [[nodiscard]] uint32_t generation() const { return static_cast<uint32_t>(sequence()); }

  [[nodiscard]] const Journal& journal() const { return journal_; }

 private:
  friend class Journal;

  enum class Content {
    kNew,   // the trailer is set at commit
    kKept,  // as it was, trailer included
    kHole,  // the block is to read as never written
  };

  struct StagedBlock {
    BlockType type;
    Trailer before;     // of the home location, or in the last record
    BlockBuffer bytes;  // a whole block
    Content content = Content::kNew;
  };

  [[nodiscard]] Result<StagedBlock*> stage(uint64_t number, BlockType type, bool keep_content);
  [[nodiscard]] Result<void> stage_hole(uint64_t number);
  [[nodiscard]] Result<void> stage_neighbours();
  [[nodiscard]] Result<void> stage_freed_edges();
  // The sector of a block, within the volume.
  [[nodiscard]] BlockRange sector(uint64_t number) const;
  [[nodiscard]] bool owns_rest(BlockRange sector, BlockRange part) const;
  [[nodiscard]] Result<void> write_sectors(BlockRange run, Bytes blocks);
  [[nodiscard]] Result<void> write_whole(BlockRange run, Bytes blocks);

  const Journal& journal_;
  Superblock superblock_;
  HeaderSeal seal_;
  RegionTable regions_;
  std::map<uint64_t, StagedBlock> staged_;
  std::vector<BlockRange> freed_;
  RangeMap direct_;           // written directly
  std::set<uint64_t> edges_;  // staged because their sectors are not complete yet

  // The last block that was read and verified: often the next one to be edited.
  static constexpr uint64_t kNone = UINT64_MAX;
  BlockBuffer buffer_;
  uint64_t buffered_ = kNone;
  BlockType buffered_type_;
};

}  // namespace vde
