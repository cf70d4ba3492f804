#include "check/repair/structure_repair.h"

#include <algorithm>

namespace vde {

Result<void> StructureRepair::open_journal() {
  VDE_TRY_ASSIGN(plan, plan_recovery(io(), probe()));
  VDE_TRY_ASSIGN(journal, Journal::open(target().file, probe(), plan));
  journal_ = std::move(journal);
  drop_changes();
  VDE_TRY(read_probe());
  buffer_ = io().make_buffer();
  // Half a journal: a record never has to be cut for want of room.
  const auto area = sole_journal_area(probe());
  if (!area) return fail(ErrorCode::kDamaged, "the journal's place is gone");
  most_staged_ = std::max<uint64_t>(1, area->used().count() / 2);
  return {};
}

Result<void> StructureRepair::commit() {
  transaction_->superblock().modified = options().now;
  transaction_->superblock().last_writer = options().now;
  VDE_TRY(journal_->commit(*transaction_, [](uint64_t) -> Result<std::vector<uint64_t>> {
    return fail(ErrorCode::kNoSpace, "the journal is too small for a repair");
  }));
  drop_changes();
  return {};
}

Result<FoundationRepair> StructureRepair::finish() && {
  VDE_TRY(commit());
  VDE_TRY(journal_->checkpoint());
  FoundationRepair after = std::move(*this).leave();
  VDE_TRY(after.check_again());
  return after;
}

FoundationRepair StructureRepair::leave() && {
  transaction_.reset();
  journal_.reset();
  return FoundationRepair(std::move(*this));
}

uint64_t StructureRepair::total_blocks() {
  const int64_t total = transaction_->superblock().total_blocks;
  const bool possible = total >= static_cast<int64_t>(kFirstRegionBlock) &&
                        static_cast<uint64_t>(total) <= probe().blocks_in_file();
  return possible ? static_cast<uint64_t>(total) : 0;
}

std::vector<PlacedRegion> StructureRepair::regions() {
  return place_regions(slots(), total_blocks());
}

std::optional<PlacedRegion> StructureRepair::sole_region(BlockType tag) {
  const std::vector<PlacedRegion> all = regions();
  std::optional<PlacedRegion> sole;
  for (const PlacedRegion& region : all) {
    if (region.tag != tag || region.is_data_area) continue;
    if (sole || region.blocks.begin < kFirstRegionBlock) return std::nullopt;
    sole = region;
  }
  if (!sole) return std::nullopt;
  for (const PlacedRegion& other : all)
    if (other.slot != sole->slot && !other.is_data_area && overlap(other.blocks, sole->blocks))
      return std::nullopt;
  return sole;
}

std::vector<BlockRange> StructureRepair::metadata() {
  std::vector<BlockRange> ranges = {{0, kFirstRegionBlock}};
  for (const PlacedRegion& region : regions())
    if (!region.is_data_area) ranges.push_back(region.blocks);
  return merge_ranges(std::move(ranges), UINT64_MAX);
}

Result<UncheckedBlock> StructureRepair::read(uint64_t number) {
  return journal_->read(number, buffer_);
}

Result<std::optional<Bytes>> StructureRepair::read_whole(uint64_t number, BlockType tag) {
  if (staged_.contains(number)) {
    VDE_TRY_ASSIGN(payload, transaction_->read(number, tag));
    return std::optional(payload);
  }
  VDE_TRY_ASSIGN(block, read(number));
  if (block.is_unwritten()) return std::optional(block.unchecked_payload());
  const auto checked = block.check(tag);
  return checked ? std::optional(checked->payload()) : std::nullopt;
}

Result<bool> StructureRepair::make_room(size_t blocks) {
  if (blocks > most_staged_) return false;
  if (transaction_->staged_blocks() + blocks > most_staged_) VDE_TRY(commit());
  return true;
}

void StructureRepair::drop_changes() {
  staged_.clear();
  transaction_ = std::make_unique<Transaction>(*journal_);
}

Result<MutableBytes> StructureRepair::replace(uint64_t number, BlockType tag) {
  if (transaction_->staged_blocks() >= most_staged_) VDE_TRY(commit());
  staged_.insert(number);
  touched({number, number + 1});
  return transaction_->replace(number, tag);
}

Result<MutableBytes> StructureRepair::edit(uint64_t number, BlockType tag) {
  VDE_TRY_ASSIGN(found, read_whole(number, tag));
  if (!found) return fail(ErrorCode::kDamaged, "a block that is to be changed does not verify");
  const BlockBuffer before(found->begin(), found->end());
  VDE_TRY_ASSIGN(payload, replace(number, tag));
  std::ranges::copy(before, payload.begin());
  return payload;
}

}  // namespace vde
