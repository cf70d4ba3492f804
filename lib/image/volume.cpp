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

Result<std::unique_ptr<Volume>> Volume::open(BlockFile& file, const Probe& probe,
                                             const RecoveryPlan& plan, VolumeOptions options) {
  std::optional<KeptBlocks> kept;
  if (const auto damage = unexplained_damage(probe, plan)) {
    VDE_TRY_ASSIGN(blocks, KeptBlocks::keep(file, probe, plan, *damage, options.undo));
    kept = std::move(blocks);
  }
  auto opened = Journal::open(file, probe, plan);
  if (!opened && kept) opened.error() = kept->with_revert(std::move(opened.error()));
  VDE_TRY_ASSIGN(journal, std::move(opened));
  VDE_TRY_ASSIGN(allocator, Allocator::open(*journal));
  if (kept) {
    VDE_TRY_ASSIGN(healed, kept->finish(file));
    if (options.healed) options.healed(healed);
  }
  return std::unique_ptr<Volume>(
      new Volume(std::move(journal), std::move(allocator), std::move(options)));
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
  if (allocator_.takes_unwritten_only()) journal_->wipe_freed();
  transaction.superblock().modified = now;
  transaction.superblock().last_writer = now;
  Transaction untouched(*journal_);
  Transaction& taken = fault(JournalFault::kOwnBlocksSpare) ? untouched : transaction;
  VDE_TRY(journal_->commit(transaction,
                           [&](uint64_t count) { return allocator_.find_spare(taken, count); }));
  bitmap_complete_ = true;
  return {};
}

}  // namespace vde
