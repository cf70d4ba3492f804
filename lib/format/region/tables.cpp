// Tables with one header and counted records, and how the form of a region is recognized.
#include "format/region/tables.h"

#include <algorithm>
#include <array>
#include <utility>

#include "format/block_type.h"

namespace vde {
namespace {

using enum FieldKind;

constexpr uint64_t kMaxCount = INT32_MAX;

// ---- ANON
constexpr auto kMappingHeader = std::to_array<TableField>({
    {"mapping_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kMapping = std::to_array<TableField>({
    {"id", kGuid, 16, Rule::kId},
    {"subject", kGuid, 16},
    {"pii_type", kUnsigned, 2, Rule::kAtMost, 7},
    {"pii_hash", kBytes, 32},
    {"token", kBytes, 32},
    {"created_ticks", kTicks, 8},
    {"flags", kUnsigned, 2, Rule::kBits, 3},
});
constexpr auto kMappings = std::to_array<RecordList>({{"mapping", kMapping}});

// ---- ALOG
constexpr auto kAuditHeader = std::to_array<TableField>({
    {"entry_count", kSigned, 8, Rule::kCount, INT64_MAX},
    {"next_sequence", kSigned, 8},
});
constexpr auto kAuditEntry = std::to_array<TableField>({
    {"sequence", kSigned, 8},
    {"ticks", kTicks, 8},
    {"actor", kGuid, 16},
    {"event", kUnsigned, 2, Rule::kAtMost, 8},
    {"target", kGuid, 16},
    {"previous_hash", kBytes, 32},
    {"details_length", kSigned, 4, Rule::kLength, 256},
    {"details", kBytes, 0},
});
constexpr auto kAuditEntries = std::to_array<RecordList>({{"audit entry", kAuditEntry}});

// ---- CMVT
constexpr auto kVaultHeader = std::to_array<TableField>({
    {"passport_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kPassport = std::to_array<TableField>({
    {"id", kGuid, 16, Rule::kId},
    {"object", kGuid, 16},
    {"framework", kUnsigned, 2, Rule::kAtMost, 8},
    {"status", kUnsigned, 2, Rule::kAtMost, 4},
    {"issued_ticks", kTicks, 8},
    {"expires_ticks", kTicks, 8},
    {"verified_ticks", kTicks, 8},
    {"issuer_length", kSigned, 4, Rule::kLength, 128},
    {"issuer", kText, 0},
    {"notes_length", kSigned, 4, Rule::kLength, 256},
    {"notes", kText, 0},
    {"signature", kBytes, 64},
});
constexpr auto kPassports = std::to_array<RecordList>({{"passport", kPassport}});

// ---- CLOG
constexpr auto kConsensusHeader = std::to_array<TableField>({
    {"group_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kGroup = std::to_array<TableField>({
    {"group", kGuid, 16, Rule::kId},
    {"term", kSigned, 8, Rule::kNotNegative},
    {"committed", kSigned, 8, Rule::kNotNegative},
    {"applied", kSigned, 8, Rule::kNotNegative},
    {"voted_for", kGuid, 16},
    {"leader", kGuid, 16},
    {"members", kUnsigned, 1},
    {"heartbeat_ticks", kTicks, 8},
    {"updated_ticks", kTicks, 8},
});
constexpr auto kGroups = std::to_array<RecordList>({{"consensus group", kGroup}});

// ---- DICT. Checked by dictionary_pass.cpp (format/region/dictionary.h has the same fields).
constexpr auto kDictionaryHeader = std::to_array<TableField>({
    {"dictionary_count", kSigned, 4, Rule::kCount, 256},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kDictionary = std::to_array<TableField>({
    {"id", kUnsigned, 2, Rule::kId},
    {"algorithm", kUnsigned, 2, Rule::kAtMost, 4},
    {"first_block", kSigned, 8},
    {"block_count", kSigned, 4},
    {"size", kSigned, 4},
    {"trained_ticks", kTicks, 8},
    {"samples", kSigned, 8},
    {"hash", kBytes, 32},
});
constexpr auto kDictionaryList = std::to_array<RecordList>({{"dictionary", kDictionary}});

// ---- INTE
constexpr auto kCacheHeader = std::to_array<TableField>({
    {"entry_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kCacheEntry = std::to_array<TableField>({
    {"object", kGuid, 16, Rule::kId},
    {"classification", kUnsigned, 2},
    {"confidence", kReal, 4, Rule::kScore},
    {"heat", kReal, 4, Rule::kScore},
    {"tier", kUnsigned, 1, Rule::kAtMost, 4},
    {"classified_ticks", kTicks, 8},
    {"accessed_ticks", kTicks, 8},
});
constexpr auto kCacheEntries = std::to_array<RecordList>({{"cache entry", kCacheEntry}});

// ---- WORM
constexpr auto kWormHeader = std::to_array<TableField>({
    {"high_water_mark", kSigned, 8, Rule::kNotNegative},
    {"capacity_blocks", kSigned, 8},
    {"retention_ticks", kSigned, 8, Rule::kNotNegative},
    {"created_ticks", kTicks, 8},
    {"record_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 4, Rule::kZero},
});
constexpr auto kWormRecord = std::to_array<TableField>({
    {"block_index", kSigned, 8},
    {"ticks", kTicks, 8},
    {"data_length", kSigned, 4, Rule::kNotNegative},
    {"content_hash", kBytes, 32},
});
constexpr auto kWormRecords = std::to_array<RecordList>({{"write record", kWormRecord}});

// ---- XREF, three forms
constexpr auto kReferenceHeader = std::to_array<TableField>({
    {"reference_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kReference = std::to_array<TableField>({
    {"id", kGuid, 16, Rule::kId},
    {"source", kGuid, 16},
    {"target", kGuid, 16},
    {"source_inode", kSigned, 8},
    {"target_inode", kSigned, 8},
    {"type", kUnsigned, 2, Rule::kAtMost, 3},
    {"created_ticks", kTicks, 8},
});
constexpr auto kReferenceList = std::to_array<RecordList>({{"reference", kReference}});

constexpr auto kFederationHeader = std::to_array<TableField>({
    {"place_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"volume_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"local_region", kUnsigned, 2},
    {"reserved", kBytes, 6, Rule::kZero},
});
constexpr auto kPlace = std::to_array<TableField>({
    {"id", kUnsigned, 2},
    {"name_length", kUnsigned, 2, Rule::kLength, 32},
    {"name", kText, 0},
    {"latitude", kReal, 8, Rule::kWithin, 90},
    {"longitude", kReal, 8, Rule::kWithin, 180},
});
constexpr auto kVolume = std::to_array<TableField>({
    {"vde", kGuid, 16},
    {"geo_region", kUnsigned, 2},
    {"path_length", kUnsigned, 2, Rule::kLength, 256},
    {"path", kText, 0},
    {"seen_ticks", kTicks, 8},
    {"latency_ms", kUnsigned, 2},
    {"replicas", kUnsigned, 1},
    {"status", kUnsigned, 1, Rule::kAtMost, 3},
});
constexpr auto kFederationLists =
    std::to_array<RecordList>({{"place", kPlace}, {"federated volume", kVolume}});

constexpr auto kRoleHeader = std::to_array<TableField>({
    {"assignment_count", kSigned, 4, Rule::kCount, kMaxCount},
    {"reserved", kBytes, 12, Rule::kZero},
});
constexpr auto kRole = std::to_array<TableField>({
    {"vde", kGuid, 16},
    {"role", kUnsigned, 1, Rule::kAtMost, 3},
    {"priority", kUnsigned, 1},
    {"capacity_blocks", kSigned, 8},
    {"used_blocks", kSigned, 8},
    {"read_only", kUnsigned, 1, Rule::kAtMost, 1},
    {"padding", kBytes, 1, Rule::kZero},
});
constexpr auto kRoleList = std::to_array<RecordList>({{"role assignment", kRole}});

constexpr const TableDescription* kAll[] = {
    &tables::kAnonymization, &tables::kAuditLog,     &tables::kComplianceVault,
    &tables::kConsensusLog,  &tables::kDictionaries, &tables::kFederation,
    &tables::kIntelligence,  &tables::kMetrics,      &tables::kMetricsV21,
    &tables::kOperations,    &tables::kRaid,         &tables::kReferences,
    &tables::kReplication,   &tables::kRoles,        &tables::kStreaming,
    &tables::kSubscribers,   &tables::kWorm,         &tables::kZones};

bool is_federation(Bytes head) {
  return load_le<int32_t>(head, 4) > 0 || !all_zero(head.subspan(8, 2));
}

// Reference records rarely look like this by chance: the records must fit in the payload, or fill
// it, and have valid values.
bool is_role_table(Bytes head) {
  const auto count = load_le<int32_t>(head, 0);
  const uint32_t size = fixed_size(kRole);
  const size_t room = (head.size() - fixed_size(kRoleHeader)) / size;
  if (count <= 0 || !all_zero(head.subspan(4, 12))) return false;
  const size_t records = std::min<size_t>(static_cast<size_t>(count), room);
  size_t at = fixed_size(kRoleHeader);
  for (size_t i = 0; i < records; ++i, at += size) {
    const Bytes record = head.subspan(at, size);
    for (const PlacedField& placed : place_fields(kRole, record)) {
      const int64_t value = load_number(placed, record);
      if (placed.field->rule == Rule::kAtMost && static_cast<uint64_t>(value) > placed.field->limit)
        return false;
      if (placed.field->rule == Rule::kZero && value != 0) return false;
    }
  }
  return all_zero(head.subspan(at));
}

const TableDescription* cross_references(Bytes head) {
  if (is_federation(head)) return &tables::kFederation;
  return is_role_table(head) ? &tables::kRoles : &tables::kReferences;
}

}  // namespace

namespace tables {
constexpr TableDescription kAnonymization{"anonymization table", make_block_type("ANON"),
                                          kMappingHeader, kMappings};
constexpr TableDescription kAuditLog{"audit log", block_types::kAuditLog, kAuditHeader,
                                     kAuditEntries};
constexpr TableDescription kComplianceVault{"compliance vault", make_block_type("CMVT"),
                                            kVaultHeader, kPassports};
constexpr TableDescription kConsensusLog{"consensus log", make_block_type("CLOG"), kConsensusHeader,
                                         kGroups};
constexpr TableDescription kDictionaries{"dictionary table", block_types::kDictionaries,
                                         kDictionaryHeader, kDictionaryList};
constexpr TableDescription kIntelligence{"intelligence cache", make_block_type("INTE"),
                                         kCacheHeader, kCacheEntries};
constexpr TableDescription kWorm{"write-once log", make_block_type("WORM"), kWormHeader,
                                 kWormRecords};
constexpr TableDescription kReferences{"cross references", make_block_type("XREF"),
                                       kReferenceHeader, kReferenceList};
constexpr TableDescription kFederation{"federation table", make_block_type("XREF"),
                                       kFederationHeader, kFederationLists};
constexpr TableDescription kRoles{"role table", make_block_type("XREF"), kRoleHeader, kRoleList};
}  // namespace tables

std::span<const TableDescription* const> all_tables() {
  return kAll;
}

namespace {
bool has_room(const TableDescription& table, Bytes head) {
  return head.size() >= std::max(fixed_size(table.header), table.min_payload);
}
}  // namespace

const TableDescription* table_without_room(BlockType content, Bytes head) {
  for (const TableDescription* table : kAll)
    if (table->type == content) return has_room(*table, head) ? nullptr : table;
  return nullptr;
}

const TableDescription* find_table(BlockType content, Bytes head) {
  for (const TableDescription* table : kAll) {
    if (table->type != content) continue;
    if (!has_room(*table, head)) return nullptr;
    if (content == tables::kReferences.type) return cross_references(head);
    if (content == tables::kMetrics.type)
      return load_le<uint64_t>(head, 0) == kMetricsMagic ? &tables::kMetricsV21 : &tables::kMetrics;
    return table;
  }
  return nullptr;
}

}  // namespace vde
