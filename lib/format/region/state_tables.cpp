// Regions with fixed places in their first blocks, metrics logs, and streams of records.
#include <array>

#include "format/block_type.h"
#include "format/region/tables.h"

namespace vde {
namespace {

using enum FieldKind;

// ---- MLOG, two forms
constexpr auto kMetricsHeader = std::to_array<TableField>({
    {"sample_count", kSigned, 8, Rule::kCount, 10'000'000},
    {"max_capacity", kSigned, 8},
    {"compaction_threshold", kReal, 8},
    {"reserved", kBytes, 8, Rule::kZero},
});
constexpr auto kSample = std::to_array<TableField>({
    {"metric", kUnsigned, 2},
    {"ticks", kTicks, 8},
    {"value", kReal, 8},
    {"aggregation", kUnsigned, 1, Rule::kAtMost, 6},
});
constexpr auto kSamples = std::to_array<RecordList>({{"sample", kSample}});

// The factor overwrites the upper half of the retention: only the lower half is stored.
constexpr auto kMetricsV21Header = std::to_array<TableField>({
    {"magic", kBytes, 8},
    {"entry_count", kUnsigned, 8, Rule::kCount, INT64_MAX},
    {"oldest", kUnsigned, 8},
    {"newest", kUnsigned, 8},
    {"distinct_metrics", kUnsigned, 2},
    {"retention_seconds_low", kUnsigned, 2},
    {"downsample", kUnsigned, 2},
});
constexpr auto kMeasure = std::to_array<TableField>({
    {"nanoseconds", kUnsigned, 8},
    {"metric", kUnsigned, 2},
    {"raw", kUnsigned, 8},
});
constexpr auto kMeasures = std::to_array<RecordList>({{"measure", kMeasure}});

// ---- REPL: two lists of 32 places in block 0, then the dirty bitmap
constexpr auto kReplicationHeader = std::to_array<TableField>({
    {"active_replicas", kUnsigned, 2, Rule::kCount, 32},
    {"tracked_blocks", kSigned, 4},
    {"reserved", kBytes, 2, Rule::kZero},
});
constexpr auto kVector = std::to_array<TableField>({
    {"replica", kGuid, 16, Rule::kId},
    {"counter", kSigned, 8},
    {"ticks", kTicks, 8},
});
constexpr auto kWatermark = std::to_array<TableField>({
    {"replica", kGuid, 16, Rule::kId},
    {"last_synced_block", kSigned, 8},
    {"last_synced_generation", kSigned, 8},
    {"sync_ticks", kTicks, 8},
    {"sync_status", kUnsigned, 1, Rule::kAtMost, 3},
    {"reserved", kBytes, 3, Rule::kZero},
    {"pending_blocks", kSigned, 4, Rule::kNotNegative},
});
constexpr auto kReplicas = std::to_array<RecordList>(
    {{"vector", kVector, true, 32}, {"watermark", kWatermark, false, 32}});

// ---- RAID: shards in block 0, parity and rebuilds in block 1
constexpr auto kRaidHeader = std::to_array<TableField>({
    {"strategy", kUnsigned, 1, Rule::kAtMost, 8},
    {"stripe_size", kSigned, 4},
    {"data_shards", kUnsigned, 1},
    {"parity_shards", kUnsigned, 1},
    {"shard_count", kUnsigned, 1, Rule::kCount, 64},
    {"parity_count", kUnsigned, 2, Rule::kCount, 256},
    {"rebuild_count", kUnsigned, 1, Rule::kCount, 4},
    {"reserved", kBytes, 5, Rule::kZero},
});
constexpr auto kShard = std::to_array<TableField>({
    {"device", kGuid, 16, Rule::kId},
    {"start_block", kSigned, 8},
    {"block_count", kSigned, 8},
    {"status", kUnsigned, 1, Rule::kAtMost, 4},
    {"reserved", kBytes, 3, Rule::kZero},
    {"stripe_index", kSigned, 4},
});
constexpr auto kParity = std::to_array<TableField>({
    {"stripe_group", kSigned, 4},
    {"parity_shard", kSigned, 4},
    {"type", kUnsigned, 1, Rule::kAtMost, 2},
    {"reserved", kBytes, 3, Rule::kZero},
});
constexpr auto kRebuild = std::to_array<TableField>({
    {"device", kGuid, 16, Rule::kId},
    {"total_blocks", kSigned, 8},
    {"completed_blocks", kSigned, 8},
    {"last_rebuilt_block", kSigned, 8},
    {"start_ticks", kTicks, 8},
    {"update_ticks", kTicks, 8},
    {"status", kUnsigned, 1, Rule::kAtMost, 4},
    {"reserved", kBytes, 3, Rule::kZero},
    {"errors", kSigned, 4},
});
constexpr auto kRaidLists = std::to_array<RecordList>({{"shard", kShard, true, 64, 0},
                                                       {"parity", kParity, true, 256, 1},
                                                       {"rebuild", kRebuild, true, 4, 1}});

// ---- STRE
constexpr auto kStreamHeader = std::to_array<TableField>({
    {"max_capacity_blocks", kSigned, 8},
    {"allocated_blocks", kSigned, 8},
    {"write_head", kSigned, 8},
    {"read_tail", kSigned, 8},
    {"entry_count", kSigned, 8},
    {"growth_increment", kSigned, 4},
});

// ---- OPJR
constexpr auto kJournalHeader = std::to_array<TableField>({
    {"magic", kBytes, 8},
    {"active", kUnsigned, 4},
    {"total", kUnsigned, 4, Rule::kCount, UINT32_MAX},
    {"oldest_active", kUnsigned, 8},
    {"newest", kUnsigned, 8},
    {"last_checkpoint_ns", kUnsigned, 8},
    {"reserved", kBytes, 24, Rule::kZero},
});
constexpr auto kOperation = std::to_array<TableField>({
    {"id", kUnsigned, 8, Rule::kId},
    {"type", kUnsigned, 1, Rule::kAtMost, 10},
    {"state", kUnsigned, 1, Rule::kAtMost, 5},
    {"flags", kUnsigned, 2, Rule::kBits, 3},
    {"progress_ppm", kUnsigned, 4, Rule::kAtMost, 1'000'000},
    {"start_ticks", kTicks, 8},
    {"update_ticks", kTicks, 8},
    {"estimated_end_ticks", kTicks, 8},
    {"source", kUnsigned, 8},
    {"target", kUnsigned, 8},
    {"total_units", kUnsigned, 8},
    {"completed_units", kUnsigned, 8},
    {"checkpoint_data", kUnsigned, 8},
    {"payload", kBytes, 32},
    {"reserved", kBytes, 16, Rule::kZero},
});
constexpr auto kOperationList = std::to_array<RecordList>({{"operation", kOperation}});

// ---- WALS
constexpr auto kSubscriberHeader = std::to_array<TableField>({
    {"cursor_count", kSigned, 4, Rule::kCount, 128},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kCursor = std::to_array<TableField>({
    {"subscriber", kUnsigned, 8, Rule::kId},
    {"epoch", kUnsigned, 8},
    {"sequence", kUnsigned, 8},
    {"flags", kUnsigned, 8, Rule::kBits, 31},
});
constexpr auto kCursors = std::to_array<RecordList>({{"cursor", kCursor}});

// ---- ZNSM: no header, no count
constexpr auto kZone = std::to_array<TableField>({
    {"epoch", kUnsigned, 8},
    {"zone", kUnsigned, 4},
    {"state", kUnsigned, 2, Rule::kAtMost, 4},
    {"flags", kUnsigned, 2, Rule::kBits, 7},
});
constexpr auto kZoneList = std::to_array<RecordList>({{"zone", kZone, false}});

// ---- MCHK, one block
constexpr auto kMigrationFields = std::to_array<TableField>({
    {"migration", kGuid, 16},
    {"module", kUnsigned, 1},
    {"manifest_before", kUnsigned, 4},
    {"manifest_after", kUnsigned, 4},
    {"inodes", kSigned, 8},
    {"migrated", kSigned, 8},
    {"new_table_start", kSigned, 8},
    {"new_table_blocks", kSigned, 8},
    {"old_table_start", kSigned, 8},
    {"old_table_blocks", kSigned, 8},
    {"started_ticks", kTicks, 8},
    {"checkpoint_ticks", kTicks, 8},
    {"phase", kUnsigned, 1, Rule::kAtMost, 4},
    {"checksum", kUnsigned, 8},
});

}  // namespace

namespace tables {
constexpr TableDescription kMigration{
    "inode migration checkpoint", block_types::kMigration, kMigrationFields, {}};
constexpr TableDescription kMetrics{"metrics log", block_types::kMetricsLog, kMetricsHeader,
                                    kSamples};
constexpr TableDescription kMetricsV21{"metrics log of revision 2.1", block_types::kMetricsLog,
                                       kMetricsV21Header, kMeasures};
constexpr TableDescription kReplication{
    "replication state", make_block_type("REPL"), kReplicationHeader, kReplicas, false, 2568};
constexpr TableDescription kRaid{
    "raid metadata", make_block_type("RAID"), kRaidHeader, kRaidLists, false, 3328};
constexpr TableDescription kStreaming{
    "streaming append", make_block_type("STRE"), kStreamHeader, {}};
constexpr TableDescription kOperations{"operation journal", block_types::kOperations,
                                       kJournalHeader, kOperationList, true};
constexpr TableDescription kSubscribers{"wal subscribers", block_types::kSubscribers,
                                        kSubscriberHeader, kCursors, true};
constexpr TableDescription kZones{"zone map", block_types::kZones, {}, kZoneList, true};
}  // namespace tables

}  // namespace vde
