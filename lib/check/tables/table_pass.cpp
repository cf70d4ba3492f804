// Checks all regions that are described tables.
#include "check/passes.h"
#include "check/tables/table_judge.h"

namespace vde {

Result<void> check_tables(VerifyContext& context) {
  for (const PlacedRegion& region : context.regions) {
    if (region.is_data_area || !context.probe.slots[region.slot].is_plain()) continue;
    RegionBlocks blocks(context.io, region);
    const auto payload = blocks.payload(0);
    // The block pass reports damage, and content after zeros.
    if (!payload || all_zero(*payload)) continue;
    const TableDescription* table = find_table(region.content, *payload);
    if (table == nullptr || codes_of(*table) == nullptr) continue;
    TableJudge judge(context, region, *table, {payload->begin(), payload->end()});
    VDE_TRY(judge.judge());
  }
  return {};
}

}  // namespace vde
