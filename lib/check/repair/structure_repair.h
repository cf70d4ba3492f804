// The second phase of a repair: what lies in the regions, changed through the journal by
// transactions of which the next one is always open.
//
// To add a repairer: write a function `Result<void>(StructureRepair&)` that judges one structure as
// read() shows it and, where it contradicts what another source vouches for, calls step() and then
// replace() or edit(); put it into kStructures in repair_order.cpp. It must find nothing to do in
// what it made.
#pragma once

#include <set>

#include "check/passes/bitmap_walk.h"
#include "check/repair/foundation_repair.h"
#include "region/allocator.h"

namespace vde {

class StructureRepair : public RepairBase {
 public:
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
  // kDamaged without a bitmap to go by.
  [[nodiscard]] Result<Allocator> allocator() { return Allocator::open(*journal_); }
  [[nodiscard]] Transaction& transaction() { return *transaction_; }
  void drop_changes();

  // Commits what the last transaction holds, and takes all of it home.
  [[nodiscard]] Result<FoundationRepair> finish() &&;
  // Where nothing was changed: nothing is written.
  [[nodiscard]] FoundationRepair leave() &&;

 private:
  friend class FoundationRepair;  // which it is made from
  explicit StructureRepair(RepairBase&& base) : RepairBase(std::move(base)) {}

  [[nodiscard]] Result<void> open_journal();
  [[nodiscard]] Result<void> commit();

  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Transaction> transaction_;
  std::set<uint64_t> staged_;  // blocks that the transaction holds
  BlockBuffer buffer_;
  uint64_t most_staged_ = 0;
};

[[nodiscard]] Result<void> repair_geometry(StructureRepair& repair);
[[nodiscard]] Result<void> repair_fixed_slots(StructureRepair& repair);
[[nodiscard]] Result<void> repair_slots(StructureRepair& repair);
[[nodiscard]] Result<void> repair_inode_layout(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_blocks(StructureRepair& repair);
[[nodiscard]] Result<void> repair_module_blocks(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_count(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_chains(StructureRepair& repair);
[[nodiscard]] Result<void> repair_module_count(StructureRepair& repair);
[[nodiscard]] Result<void> repair_empty_regions(StructureRepair& repair);
[[nodiscard]] Result<void> repair_bitmap(StructureRepair& repair);
[[nodiscard]] Result<void> repair_tags(StructureRepair& repair);
// Whether that would find something to do, and room for it; may do it.
[[nodiscard]] Result<bool> can_repair_tags(StructureRepair& repair);
// The bitmap's blocks, if they have room for the volume and are nobody else's.
[[nodiscard]] std::optional<BlockRange> bitmap_region(StructureRepair& repair);

}  // namespace vde
