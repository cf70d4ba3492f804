// The journal's header (MWAL), and the data journal's where there is one.
#include <fmt/format.h>

#include "check/passes.h"
#include "format/region/wal_header.h"

namespace vde {
namespace {

Result<void> check_wal(VerifyContext& context, BlockType tag, uint8_t type) {
  const PlacedRegion* region = context.find(tag);
  if (region == nullptr) return {};
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read_checked(region->blocks.begin, tag, buffer);
  // A first block that does not verify is the block pass's to report.
  if (!block) return {};
  const WalHeader header = kWalHeaderLayout.decode(block->payload());
  if (header.type != type || header.version != 1) {
    context.report.add(FindingCode::kJournalHeaderBroken, block->number(), tag,
                       fmt::format("journal of type {}, version {}", header.type, header.version));
    return {};
  }
  if (header.reserved != 0)
    context.report.add(FindingCode::kReservedNotZero, block->number(), tag,
                       "the reserved field of the journal's header is not zero");
  const int64_t slot_count = context.probe.slots[region->slot].count;
  if (header.max_blocks != slot_count)
    context.report.add(
        FindingCode::kJournalSizeWrong, block->number(), tag,
        fmt::format("the header says {} blocks, the region has {}", header.max_blocks, slot_count));
  if (header.clean == 0)
    context.report.add(FindingCode::kJournalForeign, block->number(), tag,
                       fmt::format("not clean: {} entries, tail at byte {}; nothing of it is ever "
                                   "replayed",
                                   header.total_entries, header.tail_offset));
  return {};
}

// What vdetool's own journal held before it was replayed in memory.
void report_journal(VerifyContext& context) {
  if (context.journal.error) {
    context.report.add(FindingCode::kJournalRefused, context.journal.error->block,
                       block_types::kMetadataWal, context.journal.error->message);
    return;
  }
  if (!context.journal.view) return;
  const RecoveryPlan& plan = context.journal.view->plan;
  if (plan.torn_header)
    context.report.add(FindingCode::kJournalHeaderTorn, plan.area.header(),
                       block_types::kMetadataWal, "the journal's header does not verify");
  if (plan.records > 0)
    context.report.add(
        FindingCode::kJournalWaits, plan.area.header(), block_types::kMetadataWal,
        fmt::format("{} commits wait in the journal; verified as they will be", plan.records));
  else if (plan.needs_reset && !plan.torn_header)
    context.report.add(FindingCode::kJournalWaits, plan.area.header(), block_types::kMetadataWal,
                       "a session ended without closing the journal; nothing waits in it");
}

}  // namespace

Result<void> check_journal(VerifyContext& context) {
  report_journal(context);
  VDE_TRY(check_wal(context, block_types::kMetadataWal, 0));
  return check_wal(context, block_types::kDataWal, 1);
}

}  // namespace vde
