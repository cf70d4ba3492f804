#include "image/volume.h"

#include <fmt/format.h>

#include "image/healing.h"
#include "journal/faults.h"

namespace vde {
namespace {

tl::unexpected<Error> contradiction(std::string what) {
  return fail(ErrorCode::kDamaged, std::move(what), kRunRepair);
}

// Checks the numbers that later arithmetic depends on.
Result<void> check_counts(const Superblock& superblock) {
  const int64_t total = superblock.total_blocks;
  if (total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks))
    return contradiction(fmt::format("the superblock counts {} blocks", total));
  for (const int64_t count : {superblock.free_blocks, superblock.total_allocated_blocks})
    if (count < 0 || count > total)
      return contradiction(
          fmt::format("the superblock counts {} free or allocated of {} blocks", count, total));
  if (superblock.checkpoint_sequence < 0 || superblock.checkpoint_sequence == INT64_MAX)
    return contradiction(
        fmt::format("the checkpoint sequence is {}", superblock.checkpoint_sequence));
  return {};
}

}  // namespace

Result<void> check_writable(const Probe& probe, bool unseal) {
  VDE_TRY(check_can_write(probe, unseal));
  VDE_TRY(check_counts(probe.superblock));
  const auto total = static_cast<uint64_t>(probe.superblock.total_blocks);
  if (probe.blocks_in_file() < total) return contradiction("the file is shorter than the volume");
  return RegionTable(probe.slots, total, probe.manifest()).check_places();
}

namespace {

// What makes the groups of `file` equal: opens its journal, after their old bytes are in an undo
// file.
std::function<Result<void>(OverlayFile&)> healing_of(BlockFile& file, const Probe& probe,
                                                     const RecoveryPlan& plan,
                                                     const GroupDamage& damage,
                                                     const VolumeOptions& options) {
  return [&file, probe, plan, damage, options](OverlayFile& opened) -> Result<void> {
    VDE_TRY_ASSIGN(kept, KeptBlocks::keep(file, opened, damage, options.undo));
    if (auto journal = Journal::open(file, probe, plan); !journal)
      return tl::make_unexpected(kept.with_revert(std::move(journal.error())));
    VDE_TRY_ASSIGN(healed, kept.finish(file));
    if (options.healed) options.healed(healed);
    return {};
  };
}

}  // namespace

Result<std::unique_ptr<Volume>> Volume::open(BlockFile& file, const Probe& probe,
                                             const RecoveryPlan& plan, VolumeOptions options) {
  auto shown = std::make_unique<HeldFile>(file);
  const auto damage = unexplained_damage(probe, plan);
  if (damage) {
    VDE_TRY(check_can_keep(*damage, options.undo));
    shown->hold(probe.block_size);
  }
  VDE_TRY_ASSIGN(journal, Journal::open(*shown, probe, plan));
  journal->renew_seal_with(options.seal_key);
  VDE_TRY_ASSIGN(allocator, Allocator::open(*journal));
  if (damage) shown->release_with(healing_of(file, probe, plan, *damage, options));
  return std::unique_ptr<Volume>(
      new Volume(std::move(shown), std::move(journal), std::move(allocator), std::move(options)));
}

Result<Transaction> Volume::begin() {
  if (journal_->has_failed())
    return fail(ErrorCode::kIo, "refusing to change the image after a failed write",
                "open the image again");
  Transaction transaction(*journal_);
  if (!bitmap_complete_) VDE_TRY(allocator_.complete(transaction));
  if (options_.unseal) transaction.seal() = HeaderSeal{};
  return transaction;
}

Result<void> Volume::commit(Transaction& transaction) {
  VDE_TRY_ASSIGN(now, options_.clock());
  VDE_TRY(file_->release());
  if (allocator_.takes_unwritten_only()) journal_->wipe_freed();
  transaction.superblock().modified = now;
  transaction.superblock().last_writer = now;
  VDE_TRY(journal_->commit(transaction, [&](uint64_t count) {
    Transaction untouched(*journal_);
    const bool is_untouched = fault(JournalFault::kOwnBlocksSpare);
    return allocator_.find_spare(is_untouched ? untouched : transaction, count);
  }));
  bitmap_complete_ = true;
  return {};
}

}  // namespace vde
