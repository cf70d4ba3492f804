// Checks the header of the journal (MWAL), and of the data journal if there is one.
#include <fmt/format.h>

#include "check/passes.h"
#include "format/region/wal_header.h"

namespace vde {
namespace {

Result<void> check_wal(VerifyContext& context, BlockType type, uint8_t kind) {
  const PlacedRegion* region = context.find(type);
  if (region == nullptr) return {};
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read_checked(region->blocks.begin, type, buffer);
  // The block pass reports a damaged first block.
  if (!block) return {};
  const WalHeader header = kWalHeaderLayout.decode(block->payload());
  if (header.type != kind || header.version != 1) {
    context.report.add(FindingCode::kJournalHeaderBroken, block->number(), type,
                       fmt::format("kind {}, version {}", header.type, header.version));
    return {};
  }
  if (header.reserved != 0)
    context.report.add(FindingCode::kReservedNotZero, block->number(), type,
                       "reserved field of the journal header");
  const int64_t slot_count = context.probe.slots[region->slot].count;
  if (header.max_blocks != slot_count)
    context.report.add(FindingCode::kJournalSizeWrong, block->number(), type,
                       fmt::format("header {} blocks, region {}", header.max_blocks, slot_count));
  if (header.clean == 0)
    context.report.add(FindingCode::kJournalForeign, block->number(), type,
                       fmt::format("{} entries, tail at byte {}; it will not be replayed",
                                   header.total_entries, header.tail_offset));
  return {};
}

// Reports the state of vdetool's own journal before it was replayed in memory.
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
                       block_types::kMetadataWal, "the records are checked by their own checksums");
  const std::string_view groups =
      context.journal.groups_from_copy
          ? "; both superblock groups are torn, and the journal has a copy"
          : "";
  if (plan.records > 0)
    context.report.add(FindingCode::kJournalWaits, plan.area.header(), block_types::kMetadataWal,
                       fmt::format("{} {} not applied yet; verified as if applied{}", plan.records,
                                   plan.records == 1 ? "commit" : "commits", groups));
  else if (plan.needs_reset && !plan.torn_header)
    context.report.add(FindingCode::kJournalWaits, plan.area.header(), block_types::kMetadataWal,
                       fmt::format("no commits in it{}", groups));
}

}  // namespace

Result<void> check_journal(VerifyContext& context) {
  report_journal(context);
  VDE_TRY(check_wal(context, block_types::kMetadataWal, 0));
  return check_wal(context, block_types::kDataWal, 1);
}

}  // namespace vde
