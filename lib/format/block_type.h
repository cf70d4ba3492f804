// Block types: four-character codes in a block's trailer and in a region's slot.
#pragma once

#include <span>
#include <string>

#include "format/field.h"

namespace vde {

// The block type that four characters spell.
constexpr BlockType make_block_type(std::string_view text) {
  uint32_t value = 0;
  for (const char c : text.substr(0, 4)) value = value << 8 | static_cast<uint8_t>(c);
  return BlockType{value};
}

// The four characters; unprintable ones are escaped.
[[nodiscard]] std::string to_string(BlockType type);

// True if the format defines the block type.
[[nodiscard]] bool is_known(BlockType type);

// The block types that the format defines.
[[nodiscard]] std::span<const BlockType> known_block_types();

// What a block type stands for, e.g. "tag index"; empty for an unknown one.
[[nodiscard]] std::string_view describe(BlockType type);

namespace block_types {
inline constexpr BlockType kSuperblock = make_block_type("SUPB");
inline constexpr BlockType kRegionMap = make_block_type("RMAP");
inline constexpr BlockType kPolicyVault = make_block_type("POLV");
inline constexpr BlockType kEncryption = make_block_type("ENCR");
inline constexpr BlockType kBitmap = make_block_type("BMAP");
inline constexpr BlockType kInodes = make_block_type("INOD");
inline constexpr BlockType kTagIndex = make_block_type("TAGI");
inline constexpr BlockType kMetadataWal = make_block_type("MWAL");
inline constexpr BlockType kIntegrityTree = make_block_type("MTRK");
inline constexpr BlockType kSnapshots = make_block_type("SNAP");
inline constexpr BlockType kCode = make_block_type("CODE");
inline constexpr BlockType kDictionaries = make_block_type("DICT");
inline constexpr BlockType kDataWal = make_block_type("DWAL");
inline constexpr BlockType kData = make_block_type("DATA");
inline constexpr BlockType kExtendedMetadata = make_block_type("EXMD");
inline constexpr BlockType kIntegrityAnchor = make_block_type("IANT");
inline constexpr BlockType kAuditLog = make_block_type("ALOG");
inline constexpr BlockType kComplianceAuditLog = make_block_type("CMAL");
inline constexpr BlockType kMetricsLog = make_block_type("MLOG");
inline constexpr BlockType kQueryIndex = make_block_type("BTRE");
inline constexpr BlockType kStreaming = make_block_type("STRE");
inline constexpr BlockType kSubscribers = make_block_type("WALS");
inline constexpr BlockType kZones = make_block_type("ZNSM");
inline constexpr BlockType kOperations = make_block_type("OPJR");
inline constexpr BlockType kMigration = make_block_type("MCHK");
}  // namespace block_types

// Whether a region of this type is a journal, of metadata or of data. Only its first block is
// defined by the format.
constexpr bool is_journal(BlockType type) {
  return type == block_types::kMetadataWal || type == block_types::kDataWal;
}

// Whether a region of this type lies in blocks 0 to 9: a superblock group, or the region directory.
constexpr bool is_fixed(BlockType type) {
  return type == block_types::kSuperblock || type == block_types::kRegionMap;
}

}  // namespace vde
