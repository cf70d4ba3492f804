#include "image/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "journal/faults.h"

namespace vde {
namespace {

tl::unexpected<Error> contradiction(std::string what) {
  return fail(ErrorCode::kDamaged, std::move(what), kRunRepair);
}

// Within the volume, and none over another one: the data area may lie over others.
Result<void> check_places(const std::vector<RegionSlot>& slots, uint64_t total) {
  std::vector<std::pair<BlockRange, Tag>> places;
  const auto data_area = data_area_slot(slots);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_free()) continue;
    const auto range = block_range(slots[i].start, slots[i].count);
    if (!range || range->end > total)
      return contradiction(
          fmt::format("region {} lies outside the volume", to_string(slots[i].tag)));
    const bool is_fixed = slots[i].tag == tags::kSuperblock || slots[i].tag == tags::kRegionMap;
    if (range->begin < kFirstRegionBlock && !is_fixed && !range->empty())
      return contradiction(
          fmt::format("region {} lies over the superblocks", to_string(slots[i].tag)));
    if (data_area != i && !range->empty()) places.emplace_back(*range, slots[i].tag);
  }
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return a.first.begin < b.first.begin; });
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i].first.begin < places[i - 1].first.end)
      return contradiction(fmt::format("regions {} and {} share blocks",
                                       to_string(places[i - 1].second),
                                       to_string(places[i].second)));
  return {};
}

Result<void> check_flags(const std::vector<RegionSlot>& slots) {
  constexpr uint32_t kHandsOff =
      kRegionEncrypted | kRegionWorm | kRegionReadOnly | kRegionMigrating;
  for (const RegionSlot& slot : slots)
    if (!slot.is_free() && (slot.flags & kHandsOff) != 0)
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("region {} is encrypted, WORM, read-only or migrating", to_string(slot.tag)),
          "use the program that made the image");
  return {};
}

// Numbers that later arithmetic builds on.
Result<void> check_counts(const Superblock& superblock) {
  const int64_t total = superblock.total_blocks;
  if (total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks))
    return contradiction(fmt::format("total blocks is {}", total));
  for (const int64_t count : {superblock.free_blocks, superblock.total_allocated_blocks})
    if (count < 0 || count > total)
      return contradiction(fmt::format("{} of {} blocks are counted", count, total));
  if (superblock.checkpoint_sequence < 0 || superblock.checkpoint_sequence == INT64_MAX)
    return contradiction(
        fmt::format("the checkpoint sequence is {}", superblock.checkpoint_sequence));
  return {};
}

Result<void> check_writable(const Survey& survey, bool unseal) {
  const Superblock& superblock = survey.superblock;
  if (superblock.min_writer_version > 2)
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("asks for a writer of version {} or later", superblock.min_writer_version),
        "this program writes version 2");
  if (survey.seal.is_set() && !unseal)
    return fail(ErrorCode::kUnsupported, "the image is sealed", "give --unseal to clear the seal");
  VDE_TRY(check_counts(superblock));
  const auto total = static_cast<uint64_t>(superblock.total_blocks);
  if (survey.blocks_in_file() < total) return contradiction("the file is shorter than the volume");
  VDE_TRY(check_flags(survey.slots));
  return check_places(survey.slots, total);
}

}  // namespace

Result<std::unique_ptr<Volume>> Volume::open(BlockFile& file, const EditOptions& options) {
  // What must not be written must not be recovered either: that would be a write.
  VDE_TRY_ASSIGN(view, committed_view(file));
  VDE_TRY_ASSIGN(survey, survey_to_use(*view));
  VDE_TRY(check_writable(survey, options.unseal));
  VDE_TRY_ASSIGN(journal, Journal::open(file));
  VDE_TRY_ASSIGN(allocator, Allocator::open(*journal));
  return std::unique_ptr<Volume>(new Volume(std::move(journal), std::move(allocator), options));
}

Result<Transaction> Volume::begin() {
  Transaction transaction(*journal_);
  if (!bitmap_complete_) VDE_TRY(allocator_.complete(transaction));
  if (options_.unseal) transaction.seal() = HeaderSeal{};
  return transaction;
}

Result<void> Volume::commit(Transaction& transaction) {
  if (allocator_.takes_unwritten_only()) journal_->wipe_freed();
  transaction.superblock().modified = options_.now;
  transaction.superblock().last_writer = options_.now;
  Transaction untouched(*journal_);
  Transaction& taken = fault(JournalFault::kOwnBlocksSpare) ? untouched : transaction;
  VDE_TRY(journal_->commit(transaction,
                           [&](uint64_t count) { return allocator_.find_spare(taken, count); }));
  bitmap_complete_ = true;
  return {};
}

}  // namespace vde
