// What the repairers of a repair share: the image as it is being put right, the steps so far, and
// the one transaction that changes go through.
//
// A repair runs twice, over a view in memory and then over the image, and must do the same both
// times: repairers go by what is in the file and by the options alone.
//
// To add a repairer: write a function `Result<void>(RepairSession&)` that looks at one structure as
// session.read() shows it and, where it contradicts what another source vouches for, calls step()
// and then replace() or edit(); put it into kStructures in mend.cpp. It must find nothing to do in
// what it made.
#pragma once

#include <set>

#include "check/passes/bitmap_walk.h"
#include "region/allocator.h"
#include "vde/repair.h"

namespace vde {

[[nodiscard]] constexpr bool overlap(BlockRange a, BlockRange b) {
  return a.begin < b.end && b.begin < a.end;
}

class RepairSession {
 public:
  // `options` and `activity` outlive it.
  RepairSession(BlockFile& file, const RepairOptions& options, const Activity& activity)
      : file_(file), options_(options), activity_(activity), io_(file, kDefaultBlockSize) {}

  // Looks the image over again, after something was written directly.
  [[nodiscard]] Result<void> look();
  [[nodiscard]] const Probe& probe() const { return probe_; }
  [[nodiscard]] const BlockIo& io() const { return io_; }
  [[nodiscard]] const RepairOptions& options() const { return options_; }
  [[nodiscard]] bool interrupted() const { return activity_.stop; }

  // Begins a step; blocks that are written belong to it from here on.
  void step(std::string what, std::string source, std::string loses = {});
  void touched(BlockRange blocks);
  // Why something was left.
  void note(std::string text) { notes_.push_back(std::move(text)); }
  [[nodiscard]] std::vector<RepairStep>& steps() { return steps_; }
  [[nodiscard]] std::vector<std::string>& notes() { return notes_; }

  // Straight to the disk, for what the journal itself stands on. One whole block.
  [[nodiscard]] Result<void> write_direct(uint64_t number, Bytes block);
  [[nodiscard]] Result<void> sync() { return file_.sync(); }

  // MWAL, if it lies within the volume and no other region or fixed block claims a block of it.
  [[nodiscard]] std::optional<JournalArea> journal_area() const;
  // Whether changes can go through the journal: groups and tables are in order, and MWAL is.
  [[nodiscard]] bool can_commit() const;

  // Opens the journal; from here on nothing is written directly.
  [[nodiscard]] Result<void> begin();
  // Commits what the last transaction holds, and takes all of it home.
  [[nodiscard]] Result<void> finish();

  // As the transaction has them, to be changed.
  [[nodiscard]] Superblock& superblock() { return transaction_->superblock(); }
  [[nodiscard]] HeaderSeal& seal() { return transaction_->seal(); }
  [[nodiscard]] std::vector<RegionSlot>& slots() { return transaction_->regions().raw_slots(); }
  // All regions that lie within the volume as slots() has them now, in slot order.
  [[nodiscard]] std::vector<PlacedRegion> regions();
  // The only region of this tag that overlaps no other; nothing where there is none like that.
  [[nodiscard]] std::optional<PlacedRegion> sole_region(BlockType tag);
  // Blocks of fixed places and of regions other than the data area: disjoint, ascending.
  [[nodiscard]] std::vector<BlockRange> metadata();
  // Blocks of the volume, 0 where the superblock names an impossible number.
  [[nodiscard]] uint64_t total_blocks();

  // A block as the transaction has it, bytes as they are; valid until the next call.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number);
  // Its payload where it verifies and carries `tag`, or was never written; nothing otherwise.
  [[nodiscard]] Result<std::optional<Bytes>> read_whole(uint64_t number, BlockType tag);
  // A payload of zeros to be filled in, for a block whose content is to be replaced. Valid until
  // the next call: where the journal fills up, what is staged is committed.
  [[nodiscard]] Result<MutableBytes> replace(uint64_t number, BlockType tag);
  // As replace(), with the content that read_whole() has, which is something.
  [[nodiscard]] Result<MutableBytes> edit(uint64_t number, BlockType tag);
  // Sees to it that the next `blocks` replacements come in one commit; false where they cannot.
  [[nodiscard]] Result<bool> make_room(size_t blocks);
  [[nodiscard]] uint64_t most_in_commit() const { return most_staged_; }

  // For repairers that take free blocks, after the bitmap is repaired. First settle(): it commits
  // what is staged, so that drop_changes() forgets what comes after it alone.
  [[nodiscard]] Result<void> settle() { return commit(); }
  // kDamaged where there is no bitmap to go by.
  [[nodiscard]] Result<Allocator> allocator() { return Allocator::open(*journal_); }
  [[nodiscard]] Transaction& transaction() { return *transaction_; }
  void drop_changes();

 private:
  [[nodiscard]] Result<void> commit();

  BlockFile& file_;
  const RepairOptions& options_;
  const Activity& activity_;
  BlockIo io_;
  Probe probe_;
  std::vector<RepairStep> steps_;
  std::vector<std::string> notes_;
  std::unique_ptr<Journal> journal_;
  std::optional<Transaction> transaction_;
  std::set<uint64_t> staged_;  // blocks that the transaction holds
  BlockBuffer buffer_;
  uint64_t most_staged_ = 0;
};

// All repairers, in their order. Afterwards nothing waits in the journal.
[[nodiscard]] Result<void> repair_all(RepairSession& session);

// Those that need nothing of the image's data, for what can be told before a repair: `facts` says
// which of them found something to do.
[[nodiscard]] Result<void> try_out(RepairSession& session, RepairFacts& facts);

// Whether every block of both groups and of the directory could be read.
[[nodiscard]] bool all_readable(const Probe& probe);

// The places of `slots` that lie within `blocks` blocks, in slot order.
[[nodiscard]] std::vector<PlacedRegion> place_regions(const std::vector<RegionSlot>& slots,
                                                      uint64_t blocks);

// What the journal stands on: written directly, and synced, in an order that leaves a whole group
// wherever there was one.
[[nodiscard]] Result<void> repair_groups(RepairSession& session);
[[nodiscard]] Result<void> repair_journal(RepairSession& session);
[[nodiscard]] Result<void> repair_tables(RepairSession& session);
[[nodiscard]] Result<void> repair_length(RepairSession& session);

// Through the journal.
[[nodiscard]] Result<void> repair_geometry(RepairSession& session);
[[nodiscard]] Result<void> repair_fixed_slots(RepairSession& session);
[[nodiscard]] Result<void> repair_slots(RepairSession& session);
[[nodiscard]] Result<void> repair_inode_layout(RepairSession& session);
[[nodiscard]] Result<void> repair_snapshot_blocks(RepairSession& session);
[[nodiscard]] Result<void> repair_module_blocks(RepairSession& session);
[[nodiscard]] Result<void> repair_snapshot_count(RepairSession& session);
[[nodiscard]] Result<void> repair_snapshot_chains(RepairSession& session);
[[nodiscard]] Result<void> repair_module_count(RepairSession& session);
[[nodiscard]] Result<void> repair_empty_regions(RepairSession& session);
[[nodiscard]] Result<void> repair_bitmap(RepairSession& session);
[[nodiscard]] Result<void> repair_tags(RepairSession& session);
// Whether that would find something to do, and room for it; may do it.
[[nodiscard]] Result<bool> can_repair_tags(RepairSession& session);
// The bitmap's blocks, if they have room for the volume and are nobody else's.
[[nodiscard]] std::optional<BlockRange> bitmap_region(RepairSession& session);
// After the last commit: the file ends where the volume does.
[[nodiscard]] Result<void> cut_tail_of(RepairSession& session);

}  // namespace vde
