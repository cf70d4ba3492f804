// The journal: what waits in it goes home, as far as its checksums say; what must not be replayed
// is given up, by name; its header is made again where it is wrong.
#include <fmt/format.h>

#include "check/repair/foundation_repair.h"
#include "journal/recovery.h"

namespace vde {
namespace {

// What the header block is to say while nothing waits.
Result<bool> header_is_right(const BlockIo& io, const JournalArea& area) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(area.header(), buffer));
  const auto checked = block.check(block_types::kMetadataWal);
  if (!checked) return false;
  const WalHeader header = kWalHeaderLayout.decode(checked->payload());
  return header.type == kWalMetadata && header.version == 1 && header.clean != 0 &&
         header.max_blocks == static_cast<int64_t>(area.region.count());
}

Result<void> start_over(FoundationRepair& repair, const JournalArea& area, uint64_t epoch) {
  const Superblock& superblock = repair.probe().superblock;
  VDE_TRY(write_journal_header(repair.io(), area, superblock, epoch));
  VDE_TRY(write_journal_end(repair.io(), area, superblock, std::nullopt));
  repair.touched({area.header(), area.header() + 1});
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// Nothing waits. The epoch goes up, so that nothing that lies in the journal can count again.
Result<void> renew_header(FoundationRepair& repair, const JournalArea& area, uint64_t epoch) {
  VDE_TRY_ASSIGN(right, header_is_right(repair.io(), area));
  if (right) return {};
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  repair.step("the journal gets a new, clean header", "nothing waits in it");
  return start_over(repair, area, std::max(highest, epoch) + 1);
}

// Nothing of it may go home: what lies there is another program's later work.
Result<void> give_up(FoundationRepair& repair, const JournalArea& area, const Error& why) {
  const Guid& uuid = repair.probe().superblock.uuid;
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  VDE_TRY_ASSIGN(header, read_journal_header(repair.io(), area, uuid));
  repair.step("the journal is given up and gets a new, clean header", why.message,
              "the commits that waited in the journal, if any of them were intact");
  return start_over(repair, area, std::max({highest, header.epoch, header.last_epoch}) + 1);
}

Result<void> take_home(FoundationRepair& repair, const RecoveryPlan& plan, std::string loses) {
  repair.step(plan.records > 0
                  ? fmt::format("{} commits that wait in the journal are taken home", plan.records)
                  : "the journal, which was left open, is closed",
              "the journal, by its checksums", std::move(loses));
  for (const ReplayedBlock& image : plan.after_images)
    repair.touched({image.target, image.target + 1});
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
    if (!prefix) return give_up(repair, *area, prefix.error());
    loses = "the commits behind the damaged one in the journal";
    if (!prefix->needs_reset) return give_up(repair, *area, plan.error());
    plan = std::move(prefix);
  }
  if (plan->needs_reset) return take_home(repair, *plan, std::move(loses));
  return renew_header(repair, *area, plan->epoch);
}

}  // namespace vde
