// The second phase of a repair: the contents of the regions. All changes go through the journal, in
// transactions; one transaction is always open.
//
// To add a repairer: write a function `Result<void>(StructureRepair&)` that checks one structure
// with read(). If the structure contradicts a source that can be trusted, call step(), then
// replace() or edit(). Add it to kStructures in repair_order.cpp. Run again, the repairer must find
// nothing to do.
#pragma once

#include <set>

#include "check/passes/bitmap_walk.h"
#include "check/repair/foundation_repair.h"
#include "region/allocator.h"
#include "region/module_reads.h"

namespace vde {

class StructureRepair : public RepairBase {
 public:
  // In the state of the open transaction; may be changed.
  [[nodiscard]] Superblock& superblock() { return transaction_->superblock(); }
  [[nodiscard]] HeaderSeal& seal() { return transaction_->seal(); }
  [[nodiscard]] std::vector<RegionSlot>& slots() { return transaction_->regions().raw_slots(); }
  // The regions of slots() that lie within the volume, in slot order.
  [[nodiscard]] std::vector<PlacedRegion> regions();
  // The region of this type, if there is only one and it overlaps no other region.
  [[nodiscard]] std::optional<PlacedRegion> sole_region(BlockType type);
  // The fixed blocks and those of all regions except the data area: disjoint, ascending.
  [[nodiscard]] std::vector<BlockRange> metadata();
  // The number of blocks of the volume; 0 if the superblock's number is impossible.
  [[nodiscard]] uint64_t total_blocks();

  // A block in the state of the transaction, unchecked; valid until the next call.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number);
  // Its payload if it is intact and of this type, or was never written; nothing otherwise.
  [[nodiscard]] Result<std::optional<Bytes>> read_intact(uint64_t number, BlockType type);
  // Whether the block was ever written, in the state of the transaction.
  [[nodiscard]] Result<bool> is_written(uint64_t number);
  // The first of `within` that is not in a hole of the file, or that the journal holds; within.end
  // if there is none.
  [[nodiscard]] Result<uint64_t> next_written(BlockRange within) const {
    return journal_->next_written(within);
  }
  // A payload of zeros that replaces the content of a block. Valid until the next call. If the
  // transaction is full, this commits it first.
  [[nodiscard]] Result<MutableBytes> replace(uint64_t number, BlockType type);
  // Like replace(), with the content of read_intact(). kDamaged if there is none.
  [[nodiscard]] Result<MutableBytes> edit(uint64_t number, BlockType type);
  // Ensures that the next replacements, which are those of these blocks, are in one commit; false
  // if they do not fit.
  [[nodiscard]] Result<bool> make_room(const std::vector<uint64_t>& numbers);
  // More replacements never fit.
  [[nodiscard]] uint64_t max_in_commit() const { return max_staged_; }

  // Whether `blocks` blocks may be read to prove an entry of a module.
  [[nodiscard]] bool may_read_module(uint64_t blocks);

  // The image with the changes that were committed so far, for passes of a verification. Valid
  // until the next change.
  [[nodiscard]] std::unique_ptr<OverlayFile> committed_view() const {
    return journal_->committed_view();
  }

  // For repairers that allocate blocks, after the bitmap is repaired. Call settle() first: it
  // commits the changes so far, so that drop_changes() drops only later changes. Without changes it
  // commits nothing: a repair without steps must not leave a commit in the journal.
  [[nodiscard]] Result<void> settle();
  // kDamaged without a usable bitmap. If a table of owners is damaged, it allocates only blocks
  // that were never written: nothing proves that others are free.
  [[nodiscard]] Result<Allocator> allocator();
  [[nodiscard]] Transaction& transaction() { return *transaction_; }
  void drop_changes();

  // Commits the open transaction, and writes all commits back from the journal.
  [[nodiscard]] Result<FoundationRepair> finish() &&;
  // For a repair without changes: writes nothing.
  [[nodiscard]] FoundationRepair leave() &&;

 private:
  friend class FoundationRepair;  // begin() creates one
  explicit StructureRepair(RepairBase&& base) : RepairBase(std::move(base)) {}

  [[nodiscard]] Result<void> open_journal();
  [[nodiscard]] Result<void> commit();

  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Transaction> transaction_;
  std::set<uint64_t> staged_;  // blocks that the transaction holds
  BlockBuffer buffer_;
  uint64_t max_staged_ = 0;
  size_t reserved_ = 0;  // replacements that do not commit, because make_room() was called for them
  ModuleReads module_reads_;
  size_t steps_before_ = 0;  // steps of the first phase
};

[[nodiscard]] Result<void> repair_geometry(StructureRepair& repair);
[[nodiscard]] Result<void> repair_fixed_slots(StructureRepair& repair);
[[nodiscard]] Result<void> repair_slots(StructureRepair& repair);
[[nodiscard]] Result<void> repair_inode_layout(StructureRepair& repair);
[[nodiscard]] Result<void> repair_migration(StructureRepair& repair);
[[nodiscard]] Result<void> repair_block_types(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_blocks(StructureRepair& repair);
[[nodiscard]] Result<void> repair_module_blocks(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_entries(StructureRepair& repair);
[[nodiscard]] Result<void> repair_module_entries(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_count(StructureRepair& repair);
[[nodiscard]] Result<void> repair_snapshot_chains(StructureRepair& repair);
[[nodiscard]] Result<void> repair_module_count(StructureRepair& repair);
// Fields that follow from the rest of their region (check/fields).
[[nodiscard]] Result<void> repair_fields(StructureRepair& repair);
[[nodiscard]] Result<void> repair_empty_regions(StructureRepair& repair);
[[nodiscard]] Result<void> repair_bitmap(StructureRepair& repair);
[[nodiscard]] Result<void> repair_tags(StructureRepair& repair);
// The last one: acts if the others did, too.
[[nodiscard]] Result<void> repair_spare_blocks(StructureRepair& repair);
// Begins the step that writes an empty structure into a region of zeros. If the slot counts used
// blocks, something was lost: returns false without consent to that.
[[nodiscard]] Result<bool> begin_empty_region(StructureRepair& repair, const PlacedRegion& region,
                                              std::string what, std::string source);
// Writes the header and the root of an index without tags.
[[nodiscard]] Result<void> write_empty_index(StructureRepair& repair, BlockRange blocks);
// Whether repair_tags() would find something to do, and room for it. May already do the repair.
[[nodiscard]] Result<bool> can_repair_tags(StructureRepair& repair);
// The bitmap, if it is large enough for the volume and shares no block with another region.
[[nodiscard]] std::optional<PlacedRegion> bitmap_region(StructureRepair& repair);

}  // namespace vde
