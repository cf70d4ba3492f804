// The redo journal: commits survive anything, and a crash leaves the state before or after.
//
// A commit is one record in MWAL: what blocks become, and the superblock after it. It counts from
// the sync that follows it. A checkpoint takes the blocks home and starts the journal over.
//
//   clean --commit()--> live --commit()--> live
//     ^                  |
//     +---checkpoint()---+      crash while live: plan_recovery(), apply_recovery() -> clean
//
// Rules, which docs/DESIGN.md argues one by one:
//  1. A commit is one record and one sync. It is valid by its checksum alone (seeded with volume
//     and epoch, chained to the record before) and by the trailers of its images; it names the
//     group it is based on by sequence and content. The superblock groups and MWAL are never
//     targets, nor is a block in which an image waits; readers of the journal ask for that
//     (replay_rules.h).
//  2. Blocks that nothing committed can reach may be written straight home (write_direct): they are
//     synced before the first byte of their record. `pinned` blocks are not such blocks.
//  3. Images that the journal has no room for go to free blocks, synced before the record: where
//     one is not intact below an intact record, another program took the block.
//  4. Checkpoint: home blocks and primary group; sync; mirror group; sync; header with the next
//     epoch; sync. Only then is a record's place written again. A group is written only while the
//     other one is whole and durable, by recovery too.
//  5. The header's mark is durable before any record is written; the last block repeats it while
//     records live. A sealed header without it below a marked last block is another program's work.
//  6. Recovery replays only over blocks that are as they were, as they are to be, or torn, and
//     starts a new epoch before anything is written after it. Records count only if the header or
//     the last block tells their epoch: while one waits, at most one of the two is torn.
//  7. A session ends with a checkpoint.
//  8. The file has room for the journal and for every home block before a record is written.
//  9. Whoever opens a journal holds the exclusive lock.
// 10. A failed write or sync of a record ends the session: what is on the disk is for recovery to
//     say.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "io/overlay_file.h"
#include "journal/journal_area.h"
#include "journal/recovery.h"
#include "journal/transaction.h"
#include "probe/group.h"

namespace vde {

// Finds room for `blocks` images outside of the journal: free blocks, in any order, that nothing
// committed refers to and that no pending allocation takes. kNoSpace where there are not enough.
using SpareBlocks = std::function<Result<std::vector<uint64_t>>(uint64_t blocks)>;

class Journal {
 public:
  // Opens the journal of the image in `file`, whose exclusive lock the caller holds, and recovers
  // what a crash left: `probe` and `plan` are those of the file as it is. The first commit puts the
  // mark into a header that has none. kDamaged where no superblock group is whole, the region
  // tables disagree, or the journal's header is lost.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(BlockFile& file, const Probe& probe,
                                                             const RecoveryPlan& plan);

  [[nodiscard]] const BlockIo& io() const { return io_; }
  // As the last commit left them.
  [[nodiscard]] const Superblock& superblock() const { return state_.superblock; }
  [[nodiscard]] const HeaderSeal& seal() const { return state_.seal; }
  [[nodiscard]] const RegionTable& regions() const { return regions_; }

  // The bytes of a block as the last commit left it, unverified.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number, MutableBytes buffer) const;

  // The image as the last commit left it; the file outlives it. It stays that way until the next
  // commit or checkpoint.
  [[nodiscard]] std::unique_ptr<OverlayFile> committed_view() const;

  // The first block of `within` that may hold anything but zeros as the last commit left it;
  // `within.end` where there is none.
  [[nodiscard]] Result<uint64_t> next_written(BlockRange within) const;
  // The first block of `within` that holds anything but zeros, trailer included: it was written.
  [[nodiscard]] Result<std::optional<uint64_t>> first_content(BlockRange within) const;

  // Blocks that must be neither allocated nor written directly before the next checkpoint, though
  // the bitmap may call them free: freed since the last one, or holding an image.
  [[nodiscard]] const std::map<uint64_t, uint64_t>& pinned() const { return pinned_; }

  // From now on a checkpoint makes blocks that were freed, and places of images, read as never
  // written: for images of which only such blocks may be taken.
  void wipe_freed() { wipes_freed_ = true; }

  // Blocks were written straight home. They are synced before the next record, whether their
  // transaction commits or is dropped: what lies there becomes some later image's predecessor.
  void note_direct_write() const { unsynced_ = true; }

  // Makes `transaction` durable: one sync, two where blocks were written directly. Afterwards the
  // transaction is used up. An error of the code kNoSpace leaves everything as it was. Another one
  // that comes of writing the record or of a checkpoint ends the session; what became of the
  // commit is then unknown until the image is opened again.
  [[nodiscard]] Result<void> commit(Transaction& transaction, const SpareBlocks& spare_blocks);

  // Takes everything home, with three syncs; nothing if no record lives.
  [[nodiscard]] Result<void> checkpoint();

  // Commits so far in this epoch, that is since the last checkpoint.
  [[nodiscard]] uint32_t live_records() const { return live_records_; }

  // A write of a record or of a checkpoint failed: what is on the disk is unknown.
  [[nodiscard]] bool has_failed() const { return dead_; }

 private:
  Journal(const BlockIo& io, JournalArea area, const GroupProbe& group, uint64_t epoch);

  struct AfterImage {
    BlockBuffer bytes;   // empty where the image lies outside of the journal
    uint64_t place = 0;  // the block that holds it
  };
  struct Staged;  // a transaction on its way into a record

  [[nodiscard]] Result<void> mark_header();
  [[nodiscard]] Result<void> stage_tables(Transaction& transaction) const;
  [[nodiscard]] Result<void> plan_record(Transaction& transaction, const SpareBlocks& spare_blocks,
                                         Staged& staged) const;
  [[nodiscard]] Result<void> prepare(Transaction& transaction, Staged& staged);
  [[nodiscard]] Result<void> make_room(Staged& staged);
  [[nodiscard]] Result<void> allocate_space(const Staged& staged);
  [[nodiscard]] Result<void> write_record(Staged& staged);
  void adopt(Transaction& transaction, Staged& staged);
  [[nodiscard]] Result<void> write_home();
  void pin(BlockRange blocks);
  void set_base(const BlockBuffer& group);

  BlockIo io_;
  JournalArea area_;
  GroupState state_;  // after the last commit
  RegionTable regions_;
  uint64_t epoch_;  // of the records to come
  int64_t base_sequence_ = 0;
  uint64_t base_hash_ = 0;
  uint64_t next_ = 0;  // the block where the next record goes
  uint32_t live_records_ = 0;
  uint64_t previous_ = 0;  // checksum of the last record
  std::map<uint64_t, AfterImage> live_;
  std::map<uint64_t, uint64_t> pinned_;  // begin -> end, disjoint
  bool space_taken_ = false;
  bool wipes_freed_ = false;
  bool unmarked_ = false;          // the header is another program's still
  mutable bool unsynced_ = false;  // something was written directly
  bool dead_ = false;
};

}  // namespace vde
