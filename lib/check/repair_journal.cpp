// The journal: what waits in it goes home, as far as its checksums say; what must not be replayed
// is given up, by name; its header is made anew where it is wrong.
#include <fmt/format.h>

#include "check/mending.h"
#include "journal/recovery.h"

namespace vde {
namespace {

// What the header block is to say while nothing waits.
Result<bool> header_is_right(const BlockIo& io, const JournalArea& area) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(area.header(), buffer));
  const auto checked = block.check(tags::kMetadataWal);
  if (!checked) return false;
  const WalHeader header = kWalHeaderLayout.decode(checked->payload());
  return header.type == kWalMetadata && header.version == 1 && header.clean != 0 &&
         header.max_blocks == static_cast<int64_t>(area.region.count());
}

Result<void> start_over(Mending& mending, const JournalArea& area, uint64_t epoch) {
  const Superblock& superblock = mending.probe().superblock;
  VDE_TRY(write_journal_header(mending.io(), area, superblock, epoch));
  VDE_TRY(write_journal_end(mending.io(), area, superblock, std::nullopt));
  mending.touched({area.header(), area.header() + 1});
  VDE_TRY(mending.sync());
  return mending.look();
}

// Nothing waits. The epoch goes up, so that nothing that lies in the journal can count again.
Result<void> renew_header(Mending& mending, const JournalArea& area, uint64_t epoch) {
  VDE_TRY_ASSIGN(right, header_is_right(mending.io(), area));
  if (right) return {};
  VDE_TRY_ASSIGN(highest, highest_epoch(mending.io(), area.records()));
  mending.step("the journal gets a new, clean header", "nothing waits in it");
  return start_over(mending, area, std::max(highest, epoch) + 1);
}

// Nothing of it may go home: what lies there is another program's later work.
Result<void> give_up(Mending& mending, const JournalArea& area, const Error& why) {
  const Guid& uuid = mending.probe().superblock.uuid;
  VDE_TRY_ASSIGN(highest, highest_epoch(mending.io(), area.records()));
  VDE_TRY_ASSIGN(header, read_journal_header(mending.io(), area, uuid));
  mending.step("the journal is given up and gets a new, clean header", why.message,
               "the commits that waited in the journal, if any of them were intact");
  return start_over(mending, area, std::max({highest, header.epoch, header.last_epoch}) + 1);
}

Result<void> take_home(Mending& mending, const RecoveryPlan& plan, std::string loses) {
  mending.step(plan.records > 0
                   ? fmt::format("{} commits that wait in the journal are taken home", plan.records)
                   : "the journal, which was left open, is closed",
               "the journal, by its checksums", std::move(loses));
  for (const ReplayedBlock& image : plan.images) mending.touched({image.target, image.target + 1});
  VDE_TRY(apply_recovery(mending.io(), mending.probe(), plan));
  return mending.look();
}

}  // namespace

Result<void> mend_journal(Mending& mending) {
  const Probe& probe = mending.probe();
  const auto area = mending.journal_area();
  if (probe.superblock_source != SuperblockSource::kGroup || !area) return {};
  std::string loses;
  auto plan = plan_recovery(mending.io(), probe);
  if (!plan && plan.error().code != ErrorCode::kDamaged) return propagate(plan);
  if (!plan) {
    auto prefix = plan_recovery(mending.io(), probe, LostRecords::kDrop);
    if (!prefix && prefix.error().code != ErrorCode::kDamaged) return propagate(prefix);
    if (!prefix) return give_up(mending, *area, prefix.error());
    loses = "the commits behind the damaged one in the journal";
    if (!prefix->needs_reset) return give_up(mending, *area, plan.error());
    plan = std::move(prefix);
  }
  if (plan->needs_reset) return take_home(mending, *plan, std::move(loses));
  return renew_header(mending, *area, plan->epoch);
}

}  // namespace vde
