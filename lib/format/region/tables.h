// The tables that are described by their fields (table.h), one for each kind of region that needs
// no other code.
#pragma once

#include "format/region/table.h"

namespace vde {

// The first eight bytes of a metrics log of revision 2.1: "METRICS" and a zero, in reverse order.
inline constexpr uint64_t kMetricsMagic = 0x4D45545249435300;
// The first bytes of an operation journal: "OPJRNL" and two zeros.
inline constexpr uint64_t kOperationsMagic = 0x00004C4E524A504F;
// The first block of the dirty bitmap in a replication state.
inline constexpr size_t kDirtyBitmapBlock = 1;

// The table in a region with this content (see region_content()), whose first payload is `head`.
// XREF and MLOG have several forms, which only their bytes distinguish. Null if the region does not
// hold a table, or its block is too small.
[[nodiscard]] const TableDescription* find_table(BlockType content, Bytes head);

// The table in a region whose blocks are too small for it; null if they are not, or the region does
// not hold a table.
[[nodiscard]] const TableDescription* table_without_room(BlockType content, Bytes head);

// All descriptions, for tests.
[[nodiscard]] std::span<const TableDescription* const> all_tables();

namespace tables {
extern const TableDescription kAnonymization;
extern const TableDescription kAuditLog;
extern const TableDescription kComplianceVault;
extern const TableDescription kConsensusLog;
extern const TableDescription kDictionaries;
extern const TableDescription kFederation;
extern const TableDescription kIntelligence;
extern const TableDescription kMetrics;
extern const TableDescription kMetricsV21;
extern const TableDescription kMigration;  // a block of INOD, not a region
extern const TableDescription kOperations;
extern const TableDescription kRaid;
extern const TableDescription kReferences;
extern const TableDescription kReplication;
extern const TableDescription kRoles;
extern const TableDescription kStreaming;
extern const TableDescription kSubscribers;
extern const TableDescription kWorm;
extern const TableDescription kZones;
}  // namespace tables

}  // namespace vde
