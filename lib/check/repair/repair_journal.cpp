// The journal: what waits in it goes home, as far as its checksums say; what must not be replayed
// is given up, by name; its header is made anew where it is wrong.
#include <fmt/format.h>

#include "check/repair/repair_session.h"
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

Result<void> start_over(RepairSession& session, const JournalArea& area, uint64_t epoch) {
  const Superblock& superblock = session.probe().superblock;
  VDE_TRY(write_journal_header(session.io(), area, superblock, epoch));
  VDE_TRY(write_journal_end(session.io(), area, superblock, std::nullopt));
  session.touched({area.header(), area.header() + 1});
  VDE_TRY(session.sync());
  return session.look();
}

// Nothing waits. The epoch goes up, so that nothing that lies in the journal can count again.
Result<void> renew_header(RepairSession& session, const JournalArea& area, uint64_t epoch) {
  VDE_TRY_ASSIGN(right, header_is_right(session.io(), area));
  if (right) return {};
  VDE_TRY_ASSIGN(highest, highest_epoch(session.io(), area.records()));
  session.step("the journal gets a new, clean header", "nothing waits in it");
  return start_over(session, area, std::max(highest, epoch) + 1);
}

// Nothing of it may go home: what lies there is another program's later work.
Result<void> give_up(RepairSession& session, const JournalArea& area, const Error& why) {
  const Guid& uuid = session.probe().superblock.uuid;
  VDE_TRY_ASSIGN(highest, highest_epoch(session.io(), area.records()));
  VDE_TRY_ASSIGN(header, read_journal_header(session.io(), area, uuid));
  session.step("the journal is given up and gets a new, clean header", why.message,
               "the commits that waited in the journal, if any of them were intact");
  return start_over(session, area, std::max({highest, header.epoch, header.last_epoch}) + 1);
}

Result<void> take_home(RepairSession& session, const RecoveryPlan& plan, std::string loses) {
  session.step(plan.records > 0
                   ? fmt::format("{} commits that wait in the journal are taken home", plan.records)
                   : "the journal, which was left open, is closed",
               "the journal, by its checksums", std::move(loses));
  for (const ReplayedBlock& image : plan.after_images) session.touched({image.target, image.target + 1});
  VDE_TRY(apply_recovery(session.io(), session.probe(), plan));
  return session.look();
}

}  // namespace

Result<void> repair_journal(RepairSession& session) {
  const Probe& probe = session.probe();
  const auto area = session.journal_area();
  if (probe.superblock_source != SuperblockSource::kGroup || !area) return {};
  std::string loses;
  auto plan = plan_recovery(session.io(), probe);
  if (!plan && plan.error().code != ErrorCode::kDamaged) return propagate(plan);
  if (!plan) {
    auto prefix = plan_recovery(session.io(), probe, LostRecords::kDrop);
    if (!prefix && prefix.error().code != ErrorCode::kDamaged) return propagate(prefix);
    if (!prefix) return give_up(session, *area, prefix.error());
    loses = "the commits behind the damaged one in the journal";
    if (!prefix->needs_reset) return give_up(session, *area, plan.error());
    plan = std::move(prefix);
  }
  if (plan->needs_reset) return take_home(session, *plan, std::move(loses));
  return renew_header(session, *area, plan->epoch);
}

}  // namespace vde
