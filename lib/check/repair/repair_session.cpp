#include "check/repair/repair_session.h"

#include <algorithm>

#include "base/checked.h"

namespace vde {
namespace {

bool lies_in_order(const Superblock& superblock) {
  return superblock.checkpoint_sequence >= 0 &&
         superblock.checkpoint_sequence < INT64_MAX - INT32_MAX;
}

}  // namespace

bool all_readable(const Probe& probe) {
  const auto readable = [](const FixedBlock& block) { return block.readable; };
  return std::ranges::all_of(probe.primary.blocks, readable) &&
         std::ranges::all_of(probe.mirror.blocks, readable) &&
         std::ranges::all_of(probe.directory.blocks, readable);
}

std::vector<PlacedRegion> place_regions(const std::vector<RegionSlot>& slots, uint64_t blocks) {
  std::vector<PlacedRegion> placed;
  const auto data_area = data_area_slot(slots);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_free()) continue;
    const auto range = block_range(slots[i].start, slots[i].count);
    if (!range || range->empty() || range->end > blocks) continue;
    placed.push_back({i, slots[i].tag, *range, data_area == i});
  }
  return placed;
}

Result<void> RepairSession::look() {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file_));
  // To go on by what is left would be another repair than the one that was planned.
  if (!all_readable(probe))
    return fail(ErrorCode::kIo, "a superblock group or the region directory cannot be read");
  probe_ = std::move(probe);
  io_ = BlockIo(file_, probe_.block_size);
  buffer_ = io_.make_buffer();
  return {};
}

void RepairSession::step(std::string what, std::string source, std::string loses) {
  steps_.push_back({std::move(what), std::move(source), {}, std::move(loses)});
}

// The first block of a table is often written with each of the others.
void RepairSession::touched(BlockRange blocks) {
  auto& all = steps_.back().blocks;
  const auto has = [&](BlockRange range) {
    return range.begin <= blocks.begin && blocks.end <= range.end;
  };
  if (!all.empty() && (has(all.front()) || has(all.back()))) return;
  if (!all.empty() && all.back().end == blocks.begin)
    all.back().end = blocks.end;
  else
    all.push_back(blocks);
}

Result<void> RepairSession::write_direct(uint64_t number, Bytes block) {
  touched({number, number + 1});
  return file_.write(number * io_.block_size(), block);
}

std::optional<JournalArea> RepairSession::journal_area() const {
  const auto area = find_journal(probe_);
  if (!area || area->region.begin < kFirstRegionBlock) return std::nullopt;
  int claims = 0;
  for (const PlacedRegion& region : place_regions(probe_.slots, probe_.usable_blocks()))
    if (!region.is_data_area && overlap(region.blocks, area->region)) ++claims;
  return claims == 1 ? std::optional(*area) : std::nullopt;
}

bool RepairSession::can_commit() const {
  return probe_.superblock_source == SuperblockSource::kGroup && probe_.directory.whole &&
         decode_slots(probe_.directory.blocks[0].payload()) == probe_.slots &&
         lies_in_order(probe_.superblock) && journal_area().has_value();
}

Result<void> RepairSession::begin() {
  VDE_TRY_ASSIGN(plan, plan_recovery(io_, probe_));
  VDE_TRY_ASSIGN(journal, Journal::open(file_, probe_, plan));
  journal_ = std::move(journal);
  transaction_.emplace(*journal_);
  VDE_TRY(look());
  // Half a journal: a record never has to be cut for want of room.
  const auto area = journal_area();
  if (!area) return fail(ErrorCode::kDamaged, "the journal's place is gone");
  most_staged_ = std::max<uint64_t>(1, area->used().count() / 2);
  return {};
}

Result<void> RepairSession::commit() {
  transaction_->superblock().modified = options_.now;
  transaction_->superblock().last_writer = options_.now;
  VDE_TRY(journal_->commit(*transaction_, [](uint64_t) -> Result<std::vector<uint64_t>> {
    return fail(ErrorCode::kNoSpace, "the journal is too small for a repair");
  }));
  staged_.clear();
  transaction_.emplace(*journal_);
  return {};
}

Result<void> RepairSession::finish() {
  VDE_TRY(commit());
  VDE_TRY(journal_->checkpoint());
  transaction_.reset();
  journal_.reset();
  return look();
}

uint64_t RepairSession::total_blocks() {
  const int64_t total = transaction_->superblock().total_blocks;
  const bool possible = total >= static_cast<int64_t>(kFirstRegionBlock) &&
                        static_cast<uint64_t>(total) <= probe_.blocks_in_file();
  return possible ? static_cast<uint64_t>(total) : 0;
}

std::vector<PlacedRegion> RepairSession::regions() {
  return place_regions(slots(), total_blocks());
}

std::optional<PlacedRegion> RepairSession::sole_region(BlockType tag) {
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

std::vector<BlockRange> RepairSession::metadata() {
  std::vector<BlockRange> ranges = {{0, kFirstRegionBlock}};
  for (const PlacedRegion& region : regions())
    if (!region.is_data_area) ranges.push_back(region.blocks);
  return merge_ranges(std::move(ranges), UINT64_MAX);
}

Result<UncheckedBlock> RepairSession::read(uint64_t number) {
  return journal_->read(number, buffer_);
}

Result<std::optional<Bytes>> RepairSession::read_whole(uint64_t number, BlockType tag) {
  if (staged_.contains(number)) {
    VDE_TRY_ASSIGN(payload, transaction_->read(number, tag));
    return std::optional(payload);
  }
  VDE_TRY_ASSIGN(block, read(number));
  if (block.is_unwritten()) return std::optional(block.unchecked_payload());
  const auto checked = block.check(tag);
  return checked ? std::optional(checked->payload()) : std::nullopt;
}

Result<bool> RepairSession::make_room(size_t blocks) {
  if (blocks > most_staged_) return false;
  if (transaction_->staged_blocks() + blocks > most_staged_) VDE_TRY(commit());
  return true;
}

void RepairSession::drop_changes() {
  staged_.clear();
  transaction_.emplace(*journal_);
}

Result<MutableBytes> RepairSession::replace(uint64_t number, BlockType tag) {
  if (transaction_->staged_blocks() >= most_staged_) VDE_TRY(commit());
  staged_.insert(number);
  touched({number, number + 1});
  return transaction_->replace(number, tag);
}

Result<MutableBytes> RepairSession::edit(uint64_t number, BlockType tag) {
  VDE_TRY_ASSIGN(found, read_whole(number, tag));
  if (!found) return fail(ErrorCode::kDamaged, "a block that is to be changed does not verify");
  const BlockBuffer before(found->begin(), found->end());
  VDE_TRY_ASSIGN(payload, replace(number, tag));
  std::ranges::copy(before, payload.begin());
  return payload;
}

}  // namespace vde
