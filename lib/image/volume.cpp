#include "image/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "journal/faults.h"

namespace vde {
namespace {

Result<void> check_slots(const std::vector<RegionSlot>& slots, uint64_t total) {
  constexpr uint32_t kHandsOff =
      kRegionEncrypted | kRegionWorm | kRegionReadOnly | kRegionMigrating;
  for (const RegionSlot& slot : slots) {
    if (slot.is_free()) continue;
    const auto range = block_range(slot.start, slot.count);
    if (!range || range->end > total)
      return fail(ErrorCode::kDamaged,
                  fmt::format("region {} lies outside the volume", to_string(slot.tag)),
                  "run 'vdetool verify'");
    if ((slot.flags & kHandsOff) != 0)
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("region {} is encrypted, WORM, read-only or migrating", to_string(slot.tag)),
          "use the program that made the image");
  }
  return {};
}

Result<void> check_writable(const Survey& survey, bool unseal) {
  const Superblock& superblock = survey.superblock;
  if (const uint32_t unknown = unknown_incompatible_features(superblock.incompatible_features))
    return fail(ErrorCode::kUnsupported,
                fmt::format("uses unknown incompatible features ({:#x})", unknown),
                "use the program that made the image, or a later version of this one");
  if (superblock.min_writer_version > 2)
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("asks for a writer of version {} or later", superblock.min_writer_version),
        "this program writes version 2");
  if (survey.seal.is_set() && !unseal)
    return fail(ErrorCode::kUnsupported, "the image is sealed", "give --unseal to clear the seal");
  const int64_t total = superblock.total_blocks;
  if (total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks))
    return fail(ErrorCode::kDamaged, fmt::format("total blocks is {}", total),
                "run 'vdetool verify'");
  if (survey.blocks_in_file() < static_cast<uint64_t>(total))
    return fail(ErrorCode::kDamaged, "the file is shorter than the volume", "run 'vdetool verify'");
  return check_slots(survey.slots, static_cast<uint64_t>(total));
}

// A growth that a crash interrupted leaves a longer file.
Result<void> cut_tail(BlockFile& file, const Superblock& superblock) {
  VDE_TRY_ASSIGN(size, file.size());
  const auto expected =
      static_cast<uint64_t>(superblock.total_blocks) * static_cast<uint64_t>(superblock.block_size);
  if (file.is_device() || size <= expected) return {};
  return file.resize(expected);
}

}  // namespace

Result<std::unique_ptr<Volume>> Volume::open(BlockFile& file, const EditOptions& options) {
  // What must not be written must not be recovered either: that would be a write.
  VDE_TRY_ASSIGN(view, committed_view(file));
  VDE_TRY_ASSIGN(survey, survey_image(*view, false));
  VDE_TRY(check_writable(survey, options.unseal));
  VDE_TRY_ASSIGN(journal, Journal::open(file));
  VDE_TRY(cut_tail(file, journal->superblock()));
  VDE_TRY_ASSIGN(allocator, Allocator::open(*journal));
  return std::unique_ptr<Volume>(new Volume(std::move(journal), allocator, options));
}

Result<Transaction> Volume::begin() {
  Transaction transaction(*journal_);
  if (!bitmap_complete_) VDE_TRY(allocator_.complete(transaction));
  if (options_.unseal) transaction.seal() = HeaderSeal{};
  return transaction;
}

Result<void> Volume::commit(Transaction& transaction) {
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
