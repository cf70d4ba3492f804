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

// Whether a block of a region other than the journal has this content.
Result<bool> is_elsewhere(FoundationRepair& repair, const Trailer& content, uint64_t except) {
  const Probe& probe = repair.probe();
  BlockBuffer buffer = repair.io().make_buffer();
  for (const PlacedRegion& region : place_regions(probe)) {
    if (region.is_data_area || region.type == block_types::kMetadataWal) continue;
    for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
      if (at == except) continue;
      VDE_TRY_ASSIGN(block, repair.io().read(at, buffer));
      if (block.unchecked_trailer() == content && block.check_any()) return true;
    }
  }
  return false;
}

// Whether nothing is lost with an odd block: it is an older version of what a record writes there,
// or a copy of another block. A block that changed places with another one is the only copy.
Result<bool> is_superseded(FoundationRepair& repair, const OddBlock& odd) {
  if (odd.found.checksum == odd.before.checksum) return true;
  VDE_TRY_ASSIGN(copied, is_elsewhere(repair, odd.found, odd.target));
  if (copied) return true;
  VDE_TRY_ASSIGN(moved, is_elsewhere(repair, odd.before, odd.target));
  return !moved && odd.found.type == odd.before.type;
}

// What is lost if the blocks of `plan` that hold something unexpected are overwritten.
Result<std::string> lost_with(FoundationRepair& repair, const RecoveryPlan& plan) {
  std::string sole;
  for (const OddBlock& odd : plan.odd) {
    VDE_TRY_ASSIGN(superseded, is_superseded(repair, odd));
    if (!superseded) sole += fmt::format("{}{}", sole.empty() ? "" : ", ", odd.target);
  }
  if (sole.empty()) return sole;
  return fmt::format("what is in block {}, which belongs to another place", sole);
}

Result<void> apply_commits(FoundationRepair& repair, const RecoveryPlan& plan, std::string loses) {
  VDE_TRY_ASSIGN(overwritten, lost_with(repair, plan));
  if (!loses.empty() && !overwritten.empty()) loses += "; ";
  loses += overwritten;
  const std::string_view source =
      plan.odd.empty()
          ? "the journal; its checksums match"
          : "the journal; its checksums match, the superblock groups are those that it "
            "is based on, and no block is newer";
  const bool taken =
      repair.lossy_step(plan.records > 0 ? fmt::format("apply {} {} from the journal", plan.records,
                                                       plan.records == 1 ? "commit" : "commits")
                                         : "close the journal, which was left open",
                        std::string(source), {std::move(loses)});
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
  auto plan = plan_recovery(repair.io(), probe, LostRecords::kRefuse, OddBlocks::kOverwrite);
  if (!plan && plan.error().code != ErrorCode::kDamaged) return propagate(plan);
  if (!plan) {
    auto prefix = plan_recovery(repair.io(), probe, LostRecords::kDrop, OddBlocks::kOverwrite);
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
