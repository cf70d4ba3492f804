// Repairs the journal: applies its intact commits, discards those that cannot be applied safely,
// and rewrites a wrong header.
#include <fmt/format.h>

#include "check/repair/foundation_repair.h"
#include "journal/recovery.h"

namespace vde {
namespace {

// Whether the header is valid and clean.
Result<bool> header_is_right(const BlockIo& io, const JournalArea& area) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(area.header(), buffer));
  const auto checked = block.check(block_types::kMetadataWal);
  if (!checked) return false;
  const WalHeader header = kWalHeaderLayout.decode(checked->payload());
  return header.type == kWalMetadata && header.version == 1 && header.clean != 0 &&
         header.max_blocks == static_cast<int64_t>(area.region.count());
}

Result<void> reset_journal(FoundationRepair& repair, const JournalArea& area, uint64_t epoch) {
  const Superblock& superblock = repair.probe().superblock;
  VDE_TRY(write_journal_header(repair.io(), area, superblock, epoch));
  VDE_TRY(write_journal_end(repair.io(), area, superblock, std::nullopt));
  repair.touched({area.header(), area.header() + 1});
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// The journal holds no commits. The epoch is increased, so that no old record becomes valid again.
Result<void> renew_header(FoundationRepair& repair, const JournalArea& area, uint64_t epoch) {
  VDE_TRY_ASSIGN(right, header_is_right(repair.io(), area));
  if (right) return {};
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  repair.step("write a new, clean journal header", "the journal holds no commits");
  return reset_journal(repair, area, std::max(highest, epoch) + 1);
}

// No commit may be applied: that would overwrite later changes of another program.
Result<void> discard_commits(FoundationRepair& repair, const JournalArea& area, const Error& why) {
  const Guid& uuid = repair.probe().superblock.uuid;
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  VDE_TRY_ASSIGN(header, read_journal_header(repair.io(), area, uuid));
  Loss loss;
  if (highest > 0) loss.what = "the commits in the journal, if any of them are intact";
  if (!repair.lossy_step("discard the journal and write a new, clean header", why.message,
                         std::move(loss)))
    return {};
  return reset_journal(repair, area, std::max({highest, header.epoch, header.last_epoch}) + 1);
}

Result<void> apply_commits(FoundationRepair& repair, const RecoveryPlan& plan, std::string loses) {
  const bool taken =
      repair.lossy_step(plan.records > 0 ? fmt::format("apply {} {} from the journal", plan.records,
                                                       plan.records == 1 ? "commit" : "commits")
                                         : "close the journal, which was left open",
                        "the journal; its checksums match", {std::move(loses)});
  if (!taken) return {};
  for (const ReplayedBlock& replayed : plan.after_images)
    repair.touched({replayed.target, replayed.target + 1});
  VDE_TRY(apply_recovery(repair.io(), repair.probe(), plan));
  return repair.check_again();
}

}  // namespace

Result<void> repair_journal(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  const auto area = repair.journal_area();
  if (probe.superblock_source != SuperblockSource::kGroup || !area) return {};
  std::string loses;
  auto plan = plan_recovery(repair.io(), probe);
  if (!plan && plan.error().code != ErrorCode::kDamaged) return propagate(plan);
  if (!plan) {
    auto prefix = plan_recovery(repair.io(), probe, LostRecords::kDrop);
    if (!prefix && prefix.error().code != ErrorCode::kDamaged) return propagate(prefix);
    if (!prefix) return discard_commits(repair, *area, prefix.error());
    loses = "the commits after the damaged one in the journal";
    if (!prefix->needs_reset) return discard_commits(repair, *area, plan.error());
    plan = std::move(prefix);
  }
  if (plan->needs_reset) return apply_commits(repair, *plan, std::move(loses));
  return renew_header(repair, *area, plan->epoch);
}

}  // namespace vde
