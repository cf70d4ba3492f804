// Checks all regions that are described tables.
#include <fmt/format.h>

#include "check/passes.h"
#include "check/tables/table_judge.h"

namespace vde {
namespace {

// The replication state and the RAID metadata have no form for small blocks.
void report_no_room(VerifyContext& context, const PlacedRegion& region, Bytes payload) {
  const TableDescription* table = table_without_room(region.content, payload);
  const TableCodes* codes = table == nullptr ? nullptr : codes_of(*table);
  if (codes == nullptr || !codes->count) return;
  context.report.add(codes->count->code, region.blocks.begin, region.type,
                     fmt::format("the header and its places take {} bytes, but a block has {}",
                                 table->min_payload, payload.size()),
                     {}, codes->count->site);
}

}  // namespace

Result<void> check_tables(VerifyContext& context) {
  for (const PlacedRegion& region : context.regions) {
    if (region.is_data_area || !context.probe.slots[region.slot].is_plain()) continue;
    RegionBlocks blocks(context.io, region);
    const auto payload = blocks.payload(0);
    // The block pass reports damage, and content after zeros.
    if (!payload || all_zero(*payload)) continue;
    report_no_room(context, region, *payload);
    const TableDescription* table = find_table(region.content, *payload);
    if (table == nullptr || codes_of(*table) == nullptr) continue;
    TableJudge judge(context, region, *table, {payload->begin(), payload->end()});
    VDE_TRY(judge.judge());
  }
  return {};
}

}  // namespace vde
