// Block 0 and its mirror, block 4: the superblock (SUPB).
#pragma once

#include "format/block.h"

namespace vde {

// The fixed blocks of an image. A superblock group has four blocks.
inline constexpr uint64_t kPrimaryGroup = 0;
inline constexpr uint64_t kMirrorGroup = 4;
inline constexpr uint64_t kGroupBlocks = 4;
inline constexpr uint64_t kDirectoryStart = 8;
inline constexpr uint64_t kDirectoryBlocks = 2;
inline constexpr uint64_t kFirstRegionBlock = 10;

// The block type of block `index` (0 to 3) of a group.
[[nodiscard]] BlockType group_block_type(uint64_t index);

struct Superblock {
  Opaque<4> signature{'D', 'W', 'V', 'D'};
  uint8_t major_version = 2;
  uint8_t minor_version = 0;
  uint16_t spec_revision = 1;
  Text<8> namespace_anchor{{'d', 'w', ':', '/', '/', 0, 0, 0}};
  uint16_t min_reader_version = 2;
  uint16_t min_writer_version = 2;
  uint32_t incompatible_features = 0;
  uint32_t readonly_compatible_features = 0;
  uint32_t compatible_features = 0;
  uint32_t module_manifest = 0;
  uint64_t module_config = 0;      // 4 bits per module, modules 0 to 15
  uint64_t module_config_ext = 0;  // modules 16 to 31
  int32_t block_size = kDefaultBlockSize;
  int64_t total_blocks = 0;
  int64_t free_blocks = 0;
  int64_t expected_file_size = 0;  // bytes: total blocks x block size
  int64_t total_allocated_blocks = 0;
  Guid uuid;
  Guid cluster_node_id;
  uint8_t default_compression = 0;
  uint8_t default_encryption = 0;
  uint8_t default_checksum = 1;  // 1 = XXH64
  uint8_t padding = 0;
  uint16_t inode_size = 0;  // bytes
  uint16_t sovereignty_zone_id = 0;
  uint32_t policy_version = 1;
  uint32_t replication_epoch = 0;
  uint64_t worm_high_water_mark = 0;
  uint64_t encryption_key_fingerprint = 0;
  Text<64> label;
  Ticks created;
  Ticks modified;
  Ticks last_scrub;
  int64_t checkpoint_sequence = 1;
  uint64_t error_map_block_count = 0;
  Guid last_writer_session_id;
  Ticks last_writer;
  Guid last_writer_node_id;
  uint64_t physical_allocated_blocks = 0;

  bool operator==(const Superblock&) const = default;
};

inline constexpr Layout kSuperblockLayout(
    "superblock", field(0x00, "signature", &Superblock::signature),
    field(0x04, "major_version", &Superblock::major_version),
    field(0x05, "minor_version", &Superblock::minor_version),
    field(0x06, "spec_revision", &Superblock::spec_revision),
    field(0x08, "namespace_anchor", &Superblock::namespace_anchor),
    field(0x10, "min_reader_version", &Superblock::min_reader_version),
    field(0x12, "min_writer_version", &Superblock::min_writer_version),
    field(0x14, "incompatible_features", &Superblock::incompatible_features),
    field(0x18, "readonly_compatible_features", &Superblock::readonly_compatible_features),
    field(0x1C, "compatible_features", &Superblock::compatible_features),
    field(0x20, "module_manifest", &Superblock::module_manifest),
    field(0x24, "module_config", &Superblock::module_config),
    field(0x2C, "module_config_ext", &Superblock::module_config_ext),
    field(0x34, "block_size", &Superblock::block_size),
    field(0x38, "total_blocks", &Superblock::total_blocks),
    field(0x40, "free_blocks", &Superblock::free_blocks),
    field(0x48, "expected_file_size", &Superblock::expected_file_size),
    field(0x50, "total_allocated_blocks", &Superblock::total_allocated_blocks),
    field(0x58, "uuid", &Superblock::uuid),
    field(0x68, "cluster_node_id", &Superblock::cluster_node_id),
    field(0x78, "default_compression", &Superblock::default_compression),
    field(0x79, "default_encryption", &Superblock::default_encryption),
    field(0x7A, "default_checksum", &Superblock::default_checksum),
    field(0x7B, "padding", &Superblock::padding),
    field(0x7C, "inode_size", &Superblock::inode_size),
    field(0x7E, "sovereignty_zone_id", &Superblock::sovereignty_zone_id),
    field(0x80, "policy_version", &Superblock::policy_version),
    field(0x84, "replication_epoch", &Superblock::replication_epoch),
    field(0x88, "worm_high_water_mark", &Superblock::worm_high_water_mark),
    field(0x90, "encryption_key_fingerprint", &Superblock::encryption_key_fingerprint),
    field(0x98, "label", &Superblock::label), field(0xD8, "created_ticks", &Superblock::created),
    field(0xE0, "modified_ticks", &Superblock::modified),
    field(0xE8, "last_scrub_ticks", &Superblock::last_scrub),
    field(0xF0, "checkpoint_sequence", &Superblock::checkpoint_sequence),
    field(0xF8, "error_map_block_count", &Superblock::error_map_block_count),
    field(0x100, "last_writer_session_id", &Superblock::last_writer_session_id),
    field(0x110, "last_writer_ticks", &Superblock::last_writer),
    field(0x118, "last_writer_node_id", &Superblock::last_writer_node_id),
    field(0x128, "physical_allocated_blocks", &Superblock::physical_allocated_blocks));
static_assert(kSuperblockLayout.covers(0x130));

// The header seal: the last 32 bytes of block 0's payload. HMAC-SHA256 with a user's key over all
// preceding bytes, or zeros if the image is not sealed.
struct HeaderSeal {
  Opaque<32> header_seal{};

  [[nodiscard]] bool is_set() const { return header_seal != Opaque<32>{}; }
};

inline constexpr Layout kHeaderSealLayout("header seal",
                                          field(0, "header_seal", &HeaderSeal::header_seal));

// Offset of the header seal in block 0, in bytes.
[[nodiscard]] constexpr uint32_t header_seal_offset(uint32_t block_size) {
  return payload_size(block_size) - 32;
}

// Checks signature, versions and block size. kNotAnImage, kUnsupported, or kDamaged for an invalid
// block size. Does not check features and counts.
[[nodiscard]] Result<void> check_identity(const Superblock& superblock);

// The incompatible features that no known revision of the format defines.
[[nodiscard]] uint32_t unknown_incompatible_features(uint32_t features);

// The name of bit `bit` (0 to 31) of each feature word; empty if it has none.
[[nodiscard]] std::string_view incompatible_feature_name(uint32_t bit);
[[nodiscard]] std::string_view readonly_compatible_feature_name(uint32_t bit);
[[nodiscard]] std::string_view compatible_feature_name(uint32_t bit);

}  // namespace vde
