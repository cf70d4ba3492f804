// The redo journal. A commit survives a crash at any time; a crash leaves the state before or after
// it.
//
// A commit is one record in MWAL: the new contents of blocks, and the superblock after it. It
// counts from the sync that follows it. A checkpoint writes the blocks to their home locations and
// restarts the journal.
//
//   clean --commit()--> live --commit()--> live
//     ^                  |
//     +---checkpoint()---+      crash while live: plan_recovery(), apply_recovery() -> clean
//
// Rules (docs/DESIGN.md gives the reasons):
//  1. A commit is one record and one sync. Its checksum (seeded with volume and epoch, chained to
//     the previous record) and the trailers of its after-images prove that it is complete. It names
//     the group that it is based on by sequence and content. Superblock groups, MWAL and blocks
//     that hold a needed after-image are never targets; readers enforce that (replay_rules.h).
//  2. Blocks that no commit refers to may be written directly (write_direct). They are synced
//  before
//     the first byte of their record is written. `pinned` blocks are excluded.
//  3. After-images that do not fit into the journal go to free blocks, synced before the record. If
//     one of them is damaged although the record is intact, another program overwrote the block.
//  4. Checkpoint: home locations and primary group; sync; mirror group; sync; header with the next
//     epoch; sync (rule 10 adds one). Only then is the space of a record reused. A group is written
//     only while the other one is intact and durable; recovery does the same.
//  5. The header's mark is durable before any record is written; the last block repeats it while
//     there are live records. If the last block is marked, a valid header without the mark was
//     written by another program.
//  6. Recovery overwrites only blocks that have their old or new content or are torn, and starts a
//     new epoch before anything else is written. Records count only if the header or the last block
//     confirms their epoch: while there are live records, at most one of the two is torn.
//  7. A session ends with a checkpoint.
//  8. The file has space for the journal and for every home location before a record is written.
//  9. Whoever opens a journal holds the exclusive lock.
// 10. A torn write may destroy a whole sector of 4096 bytes. So if blocks are smaller, a record has
//     all of its targets' sectors; outside of it, only sectors are written in which nothing is in
//     use. Header, records and last block have sectors of their own. If both groups lie in one
//     sector, a copy of the base, next to the mark in the last block, and the directory are durable
//     before it is written.
// 11. A failed write or sync of a record ends the session: recovery has to examine the disk.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/ranges.h"
#include "io/overlay_file.h"
#include "journal/journal_area.h"
#include "journal/recovery.h"
#include "journal/transaction.h"
#include "probe/group.h"
#include "vde/keys/secret_key.h"

namespace vde {

// Finds space for `blocks` after-images outside of the journal: free blocks, in any order, that no
// commit refers to and no pending allocation uses, in whole sectors. kNoSpace if there are too few.
using SpareBlocks = std::function<Result<std::vector<uint64_t>>(uint64_t blocks)>;

class Journal {
 public:
  // Opens the journal of the image in `file`, whose exclusive lock the caller must hold, and
  // recovers what a crash left. `probe` and `plan` must describe the current file. The first commit
  // writes the mark if the header has none. kDamaged if no superblock group is intact, the region
  // tables disagree, or the journal's header is lost.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(BlockFile& file, const Probe& probe,
                                                             const RecoveryPlan& plan);

  [[nodiscard]] const BlockIo& io() const { return io_; }
  // The state of the last commit.
  [[nodiscard]] const Superblock& superblock() const { return state_.superblock; }
  [[nodiscard]] const HeaderSeal& seal() const { return state_.seal; }
  [[nodiscard]] const RegionTable& regions() const { return regions_; }

  // Reads a block as of the last commit, unverified.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number, MutableBytes buffer) const;

  // The image as of the last commit, valid until the next commit or checkpoint. The file must
  // outlive it.
  [[nodiscard]] std::unique_ptr<OverlayFile> committed_view() const;

  // The first block of `within` that may contain nonzero bytes as of the last commit; `within.end`
  // if there is none.
  [[nodiscard]] Result<uint64_t> next_written(BlockRange within) const;
  // The first block of `within` with nonzero bytes, trailer included, i.e. that was written.
  [[nodiscard]] Result<std::optional<uint64_t>> first_content(BlockRange within) const;

  // Blocks that must be neither allocated nor written directly before the next checkpoint, even if
  // the bitmap marks them free: they were freed since the last checkpoint, or hold an after-image.
  [[nodiscard]] const RangeMap& pinned() const { return pinned_; }

  // Whether the journal holds an after-image of one of these blocks.
  [[nodiscard]] bool is_live(BlockRange blocks) const;
  // Whether a block that shares its sector with one of a commit may be a part of that commit.
  [[nodiscard]] bool may_accompany(uint64_t number) const {
    return number >= kDirectoryStart && !area_.region.contains(number) && !live_.contains(number);
  }

  // From now on, checkpoints zero the blocks that were freed or held after-images. For images in
  // which only blocks that were never written may be allocated.
  void wipe_freed() { wipes_freed_ = true; }

  // From now on, each commit renews the header seal with `key`, unless it removes it.
  void renew_seal_with(SharedKey key) { seal_key_ = std::move(key); }

  // Notes that blocks were written directly. They are synced before the next record, even if their
  // transaction is dropped: a later after-image may have that content as its predecessor.
  void note_direct_write() const { unsynced_ = true; }

  // Makes `transaction` durable, with one sync, or two if blocks were written directly. It cannot
  // be used afterwards. kNoSpace changes nothing, except that it may follow a checkpoint. Any other
  // error of writing a record or of a checkpoint ends the session, and the outcome of the commit is
  // unknown until the image is opened again.
  [[nodiscard]] Result<void> commit(Transaction& transaction, const SpareBlocks& spare_blocks);

  // Writes all committed blocks to their home locations, with three syncs. Does nothing without
  // live records.
  [[nodiscard]] Result<void> checkpoint();

  // The number of commits since the last checkpoint.
  [[nodiscard]] uint32_t live_records() const { return live_records_; }

  // The number of blocks that a commit may stage to take about half of the space for records.
  [[nodiscard]] uint64_t half() const { return std::max<uint64_t>(1, area_.room().count() / 2); }

  // True if a write of a record or of a checkpoint failed: the state on disk is unknown.
  [[nodiscard]] bool has_failed() const { return dead_; }

 private:
  Journal(const BlockIo& io, JournalArea area, const GroupProbe& group, uint64_t epoch);

  struct AfterImage {
    BlockBuffer bytes;   // empty if the after-image lies outside of the journal, or for a hole
    uint64_t place = 0;  // block with the after-image; the block itself for a hole
  };
  struct Staged;  // a transaction that is being written to a record

  [[nodiscard]] Result<void> mark_header();
  [[nodiscard]] Result<void> stage_tables(Transaction& transaction) const;
  [[nodiscard]] Result<void> plan_record(Transaction& transaction, const SpareBlocks& spare_blocks,
                                         Staged& staged) const;
  [[nodiscard]] Result<void> prepare(Transaction& transaction, Staged& staged);
  void renew_seal(Transaction& transaction) const;
  void look_at_chain();
  [[nodiscard]] bool renews_chain() const;
  [[nodiscard]] Result<void> renew_chain(const Transaction& transaction, Staged& staged) const;
  [[nodiscard]] Result<void> write_spilled(Staged& staged);
  [[nodiscard]] Result<void> allocate_space(const Staged& staged);
  [[nodiscard]] Result<void> write_record(Staged& staged);
  void adopt(Transaction& transaction, Staged& staged);
  [[nodiscard]] Result<void> write_back();
  [[nodiscard]] Result<void> wipe(BlockRange freed);
  void set_base(BlockBuffer group);

  BlockIo io_;
  JournalArea area_;
  GroupState state_;  // after the last commit
  RegionTable regions_;
  uint64_t epoch_;  // of the next records
  int64_t base_sequence_ = 0;
  uint64_t base_hash_ = 0;
  BlockBuffer base_;                // the group as it is on disk
  int64_t chain_generation_ = 1;    // of the metadata chain hash after the next checkpoint
  std::optional<bool> chain_fits_;  // it fits; asked before the first commit changes something
  uint64_t next_ = 0;               // block of the next record
  uint32_t live_records_ = 0;
  uint64_t previous_ = 0;  // checksum of the last record
  std::map<uint64_t, AfterImage> live_;
  RangeMap pinned_;
  SharedKey seal_key_;
  bool space_taken_ = false;
  bool wipes_freed_ = false;
  bool unmarked_ = false;          // the header is still another program's
  mutable bool unsynced_ = false;  // blocks were written directly since the last sync
  bool dead_ = false;
};

}  // namespace vde
