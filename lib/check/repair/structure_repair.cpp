#include "check/repair/structure_repair.h"

#include <algorithm>

#include "check/repair/named_blocks.h"
#include "format/sector.h"

namespace vde {

Result<void> StructureRepair::open_journal() {
  VDE_TRY_ASSIGN(plan, plan_recovery(io(), probe()));
  VDE_TRY_ASSIGN(journal, Journal::open(target().file, probe(), plan));
  journal_ = std::move(journal);
  drop_changes();
  VDE_TRY(read_probe());
  // Commits in the journal, or a restored group, may have a superblock that the seal does not fit.
  keep_seal_key();
  journal_->renew_seal_with(seal_key());
  buffer_ = io().make_buffer();
  steps_before_ = step_count();
  // At most half the journal, so that every transaction fits into one record.
  const auto area = sole_journal_area(probe());
  if (!area) return fail(ErrorCode::kDamaged, "the journal shares its blocks with another region");
  max_staged_ = std::max<uint64_t>(1, area->room().count() / 2);
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

Result<void> StructureRepair::settle() {
  return step_count() > steps_before_ ? commit() : Result<void>{};
}

Result<Allocator> StructureRepair::allocator() {
  auto owners = find_owners(*journal_);
  if (owners) return Allocator::open(*journal_);
  if (owners.error().code != ErrorCode::kDamaged) return propagate(owners);
  VDE_TRY_ASSIGN(named, named_blocks(*this));
  return Allocator::open_without_owners(*journal_, std::move(named));
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

bool StructureRepair::may_read_module(uint64_t blocks) {
  return module_reads_.take(blocks, total_blocks());
}

std::vector<PlacedRegion> StructureRepair::regions() {
  return place_regions(slots(), superblock().module_manifest, total_blocks());
}

std::optional<PlacedRegion> StructureRepair::sole_region(BlockType type) {
  const std::vector<PlacedRegion> all = regions();
  std::optional<PlacedRegion> sole;
  for (const PlacedRegion& region : all) {
    if (region.type != type || region.is_data_area) continue;
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

Result<std::optional<Bytes>> StructureRepair::read_intact(uint64_t number, BlockType type) {
  if (staged_.contains(number)) {
    VDE_TRY_ASSIGN(payload, transaction_->read(number, type));
    return std::optional(payload);
  }
  VDE_TRY_ASSIGN(block, read(number));
  if (block.is_unwritten()) return std::optional(block.unchecked_payload());
  const auto checked = block.check(type);
  return checked ? std::optional(checked->payload()) : std::nullopt;
}

Result<bool> StructureRepair::is_written(uint64_t number) {
  VDE_TRY_ASSIGN(unwritten, transaction_->is_unwritten(number));
  return !unwritten;
}

// A record has the whole sectors of its targets.
Result<bool> StructureRepair::make_room(const std::vector<uint64_t>& numbers) {
  const uint64_t per_sector = blocks_per_sector(io().block_size());
  std::set<uint64_t> sectors;
  for (const uint64_t number : numbers) sectors.insert(number / per_sector);
  const uint64_t blocks = sectors.size() * per_sector;
  if (blocks > max_staged_) return false;
  if (transaction_->staged_blocks() + blocks > max_staged_) VDE_TRY(commit());
  reserved_ = std::max(reserved_, numbers.size());
  return true;
}

void StructureRepair::drop_changes() {
  staged_.clear();
  reserved_ = 0;
  transaction_ = std::make_unique<Transaction>(*journal_);
}

Result<MutableBytes> StructureRepair::replace(uint64_t number, BlockType type) {
  if (reserved_ > 0)
    --reserved_;
  else if (transaction_->staged_blocks() >= max_staged_)
    VDE_TRY(commit());
  staged_.insert(number);
  touched({number, number + 1});
  return transaction_->replace(number, type);
}

Result<MutableBytes> StructureRepair::edit(uint64_t number, BlockType type) {
  VDE_TRY_ASSIGN(found, read_intact(number, type));
  if (!found) return fail(ErrorCode::kDamaged, "a block to change is damaged");
  const BlockBuffer before(found->begin(), found->end());
  VDE_TRY_ASSIGN(payload, replace(number, type));
  std::ranges::copy(before, payload.begin());
  return payload;
}

}  // namespace vde
