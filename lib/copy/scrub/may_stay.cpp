#include "copy/scrub/may_stay.h"

#include <algorithm>
#include <array>

namespace vde {
namespace {

using Names = std::span<const std::string_view>;

template <size_t N>
constexpr std::array<std::string_view, N> names(const std::string_view (&list)[N]) {
  return std::to_array(list);
}
constexpr std::array<std::string_view, 0> kNone{};
constexpr auto kReserved = names({"reserved"});

// ---- Fixed blocks. The namespace anchor is kept only if it is the usual one. Node and session ids
// name machines; the fingerprint is that of a key.
constexpr auto kSuperblockStays = names({
    "signature",
    "major_version",
    "minor_version",
    "spec_revision",
    "namespace_anchor",
    "min_reader_version",
    "min_writer_version",
    "incompatible_features",
    "readonly_compatible_features",
    "compatible_features",
    "module_manifest",
    "module_config",
    "module_config_ext",
    "block_size",
    "total_blocks",
    "free_blocks",
    "expected_file_size",
    "total_allocated_blocks",
    "uuid",
    "default_compression",
    "default_encryption",
    "default_checksum",
    "inode_size",
    "sovereignty_zone_id",
    "policy_version",
    "replication_epoch",
    "worm_high_water_mark",
    "created_ticks",
    "modified_ticks",
    "last_scrub_ticks",
    "checkpoint_sequence",
    "error_map_block_count",
    "last_writer_ticks",
    "physical_allocated_blocks",
});
constexpr auto kSuperblockZeroed =
    names({"cluster_node_id", "padding", "encryption_key_fingerprint", "label",
           "last_writer_session_id", "last_writer_node_id"});
constexpr auto kSlotStays = names({"tag", "flags", "start", "count", "used"});
constexpr auto kDirectoryStays = names({"version", "slot_count", "active_count"});
constexpr auto kDirectoryZeroed = names({"reserved", "slots_checksum"});

// ---- Regions with code of their own.
constexpr auto kInodeLayoutStays = names({"inode_size", "core_end", "field_count", "padding"});
constexpr auto kInodeFieldStays = names({"module", "offset", "size", "version", "flags"});
constexpr auto kMigrationStays =
    names({"module", "manifest_before", "manifest_after", "inodes", "migrated", "new_table_start",
           "new_table_blocks", "old_table_start", "old_table_blocks", "started_ticks",
           "checkpoint_ticks", "phase"});
constexpr auto kMigrationZeroed = names({"migration", "checksum"});
constexpr auto kWalStays =
    names({"type", "version", "sequence_start", "sequence_end", "head_offset", "tail_offset",
           "total_entries", "max_blocks", "used_blocks", "created_ticks", "last_checkpoint_ticks",
           "checkpoint_interval", "clean"});
constexpr auto kMarkStays = names({"mark", "epoch", "uuid", "hash"});
constexpr auto kTagHeaderStays = names({"entry_count", "depth", "bloom_bits", "bloom_hashes"});
constexpr auto kTagExtensionStays =
    names({"mark", "version", "flags", "filter_start", "filter_lines", "filter_limit",
           "filter_keys", "free_head", "free_count", "high_water", "hash"});
constexpr auto kPackedStays = names({"count"});
constexpr auto kSnapshotStays =
    names({"id", "parent", "created_ticks", "inode_table_start", "inode_table_blocks",
           "data_blocks", "flags", "label_length"});
// The hash is replaced, because it would confirm a guess of the module. So is the id, which may be
// the start of the hash.
constexpr auto kModuleStays =
    names({"first_block", "block_count", "size", "abi", "registered_ticks", "entry_point_length"});
constexpr auto kModuleZeroed = names({"hash", "id"});
constexpr auto kKeysStays = names({"active_slot", "active_slots", "rotation_events"});
constexpr auto kKeySlotStays = names(
    {"index", "status", "algorithm", "kdf_iterations", "kdf", "created_ticks", "retired_ticks"});
constexpr auto kKeySlotZeroed = names({"wrapped_key", "salt", "reserved"});
constexpr auto kRotationStays = names({"ticks", "old", "new", "reason"});
constexpr auto kTreeStays = names({"leaf_count", "capacity"});
constexpr auto kTreeZeroed = names({"root"});

// ---- Described tables. Logs, policies, passports, pseudonyms and paths have no rule, and zones:
// they have no count, so that nobody knows where they end.
constexpr auto kDictionaryTableStays = names({"dictionary_count"});
constexpr auto kDictionaryStays =
    names({"id", "algorithm", "first_block", "block_count", "size", "trained_ticks", "samples"});
constexpr auto kDictionaryZeroed = names({"hash"});
constexpr auto kCacheStays = names({"entry_count"});
constexpr auto kCacheEntryStays = names({"object", "classification", "confidence", "heat", "tier",
                                         "classified_ticks", "accessed_ticks"});
constexpr auto kWormStays = names(
    {"high_water_mark", "capacity_blocks", "retention_ticks", "created_ticks", "record_count"});
constexpr auto kWormRecordStays = names({"block_index", "ticks", "data_length"});
constexpr auto kWormRecordZeroed = names({"content_hash"});
constexpr auto kReferencesStays = names({"reference_count"});
constexpr auto kReferenceStays =
    names({"id", "source_inode", "target_inode", "type", "created_ticks"});
constexpr auto kReferenceZeroed = names({"source", "target"});
constexpr auto kRolesStays = names({"assignment_count"});
constexpr auto kRoleStays =
    names({"role", "priority", "capacity_blocks", "used_blocks", "read_only"});
constexpr auto kRoleZeroed = names({"vde", "padding"});
constexpr auto kReplicationStays = names({"active_replicas", "tracked_blocks"});
constexpr auto kVectorStays = names({"replica", "counter", "ticks"});
constexpr auto kWatermarkStays = names({"replica", "last_synced_block", "last_synced_generation",
                                        "sync_ticks", "sync_status", "pending_blocks"});
constexpr auto kRaidStays = names({"strategy", "stripe_size", "data_shards", "parity_shards",
                                   "shard_count", "parity_count", "rebuild_count"});
constexpr auto kShardStays =
    names({"device", "start_block", "block_count", "status", "stripe_index"});
constexpr auto kParityStays = names({"stripe_group", "parity_shard", "type"});
constexpr auto kRebuildStays =
    names({"device", "total_blocks", "completed_blocks", "last_rebuilt_block", "start_ticks",
           "update_ticks", "status", "errors"});
constexpr auto kStreamStays = names({"max_capacity_blocks", "allocated_blocks", "write_head",
                                     "read_tail", "entry_count", "growth_increment"});
constexpr auto kOperationsStays =
    names({"magic", "active", "total", "oldest_active", "newest", "last_checkpoint_ns"});
constexpr auto kOperationStays =
    names({"id", "type", "state", "flags", "progress_ppm", "start_ticks", "update_ticks",
           "estimated_end_ticks", "source", "target", "total_units", "completed_units"});
constexpr auto kOperationZeroed = names({"checkpoint_data", "payload", "reserved"});
constexpr auto kSubscribersStays = names({"cursor_count"});
constexpr auto kCursorStays = names({"subscriber", "epoch", "sequence", "flags"});

constexpr auto kRules = std::to_array<ScrubRule>({
    {"superblock", kSuperblockStays, kSuperblockZeroed},
    {"region slot", kSlotStays, kNone},
    {"region directory", kDirectoryStays, kDirectoryZeroed},
    {"inode layout", kInodeLayoutStays, kReserved},
    {"inode module field", kInodeFieldStays, kNone},
    {"inode migration checkpoint", kMigrationStays, kMigrationZeroed},
    {"write-ahead log", kWalStays, kReserved},
    {"journal mark", kMarkStays, kNone},
    {"tag index", kTagHeaderStays, kReserved},
    {"tag index extension", kTagExtensionStays, kReserved},
    {"packed table", kPackedStays, kReserved},
    {"snapshot", kSnapshotStays, kNone},
    {"module", kModuleStays, kModuleZeroed},
    {"encryption header", kKeysStays, kReserved},
    {"key slot", kKeySlotStays, kKeySlotZeroed},
    {"key rotation", kRotationStays, kNone},
    {"integrity tree", kTreeStays, kTreeZeroed},
    {"dictionary table", kDictionaryTableStays, kReserved},
    {"dictionary", kDictionaryStays, kDictionaryZeroed},
    {"intelligence cache", kCacheStays, kReserved},
    {"cache entry", kCacheEntryStays, kNone},
    {"write-once log", kWormStays, kReserved},
    {"write record", kWormRecordStays, kWormRecordZeroed},
    {"cross references", kReferencesStays, kReserved},
    {"reference", kReferenceStays, kReferenceZeroed},
    {"role table", kRolesStays, kReserved},
    {"role assignment", kRoleStays, kRoleZeroed},
    {"replication state", kReplicationStays, kReserved},
    {"vector", kVectorStays, kNone},
    {"watermark", kWatermarkStays, kReserved},
    {"raid metadata", kRaidStays, kReserved},
    {"shard", kShardStays, kReserved},
    {"parity", kParityStays, kReserved},
    {"rebuild", kRebuildStays, kReserved},
    {"streaming append", kStreamStays, kNone},
    {"operation journal", kOperationsStays, kReserved},
    {"operation", kOperationStays, kOperationZeroed},
    {"wal subscribers", kSubscribersStays, kReserved},
    {"cursor", kCursorStays, kNone},
});

void keep_bytes(Bytes from, MutableBytes to, size_t offset, size_t width) {
  if (offset + width > from.size()) return;
  const Bytes bytes = from.subspan(offset, width);
  std::copy(bytes.begin(), bytes.end(), to.subspan(offset, width).begin());
}

}  // namespace

std::span<const ScrubRule> scrub_rules() {
  return kRules;
}

const ScrubRule* find_scrub_rule(std::string_view structure) {
  const auto* rule = std::find_if(kRules.begin(), kRules.end(),
                                  [&](const ScrubRule& one) { return one.structure == structure; });
  return rule == kRules.end() ? nullptr : rule;
}

bool ScrubRule::keeps(std::string_view field) const {
  return std::find(stays.begin(), stays.end(), field) != stays.end();
}

void keep_fields(std::string_view structure, std::span<const Field> fields, Bytes from,
                 MutableBytes to) {
  const ScrubRule* rule = find_scrub_rule(structure);
  if (rule == nullptr) return;
  for (const Field& field : fields)
    if (rule->keeps(field.name)) keep_bytes(from, to, field.offset, field.width);
}

void keep_fields(std::string_view structure, std::span<const TableField> fields, Bytes from,
                 MutableBytes to) {
  const ScrubRule* rule = find_scrub_rule(structure);
  if (rule == nullptr) return;
  uint32_t offset = 0;
  for (const TableField& field : fields) {
    if (rule->keeps(field.name)) keep_bytes(from, to, offset, field.width);
    offset += field.width;
  }
}

}  // namespace vde
