#include "check/tables/table_extra.h"

#include "check/tables/extras.h"
#include "format/region/tables.h"

namespace vde {

std::unique_ptr<TableExtra> make_extra(const TableDescription& table) {
  struct Maker {
    const TableDescription* table;
    std::unique_ptr<TableExtra> (*make)();
  };
  constexpr Maker kMakers[] = {{&tables::kAnonymization, make_mapping_extra},
                               {&tables::kAuditLog, make_audit_extra},
                               {&tables::kComplianceVault, make_passport_extra},
                               {&tables::kConsensusLog, make_consensus_extra},
                               {&tables::kFederation, make_federation_extra},
                               {&tables::kMetrics, make_metrics_extra},
                               {&tables::kMetricsV21, make_metrics_v21_extra},
                               {&tables::kOperations, make_operations_extra},
                               {&tables::kRaid, make_raid_extra},
                               {&tables::kReferences, make_reference_extra},
                               {&tables::kReplication, make_replication_extra},
                               {&tables::kStreaming, make_ring_extra},
                               {&tables::kSubscribers, make_subscriber_extra},
                               {&tables::kWorm, make_worm_extra}};
  for (const Maker& maker : kMakers)
    if (maker.table == &table) return maker.make();
  return nullptr;
}

}  // namespace vde
