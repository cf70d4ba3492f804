#include "format/superblock.h"

#include <fmt/format.h>

#include <array>

namespace vde {
namespace {

using NamesOfBits = std::array<std::string_view, 32>;

constexpr NamesOfBits kIncompatible = {"encryption",   "worm",          "raid", "compute cache",
                                       "fabric links", "consensus log", "",     "",
                                       "preamble"};
constexpr NamesOfBits kReadonlyCompatible = {"compression", "replication", "streaming", "snapshot",
                                             "intelligence cache"};
constexpr NamesOfBits kCompatible = {
    "tag index", "policy engine", "tamper chain", "compliance vault", "air-gap", "fuse", "dirty"};

std::string_view name_of(const NamesOfBits& names, uint32_t bit) {
  return bit < names.size() ? names[bit] : std::string_view{};
}

}  // namespace

BlockType group_block_type(uint64_t index) {
  switch (index) {
    case 0:
      return block_types::kSuperblock;
    case 1:
      return block_types::kRegionMap;
    case 2:
      return block_types::kExtendedMetadata;
    default:
      return block_types::kIntegrityAnchor;
  }
}

Result<void> check_identity(const Superblock& superblock) {
  if (superblock.signature != Superblock{}.signature)
    return fail(ErrorCode::kNotAnImage, "no DWVD signature");
  if (superblock.major_version != 2)
    return fail(ErrorCode::kUnsupported,
                fmt::format("format version {}.{} is not supported", superblock.major_version,
                            superblock.minor_version),
                "vdetool supports version 2");
  if (superblock.min_reader_version > 2)
    return fail(ErrorCode::kUnsupported,
                fmt::format("needs a reader of version {} or later", superblock.min_reader_version),
                "vdetool reads version 2");
  if (!is_block_size(superblock.block_size))
    return fail(ErrorCode::kDamaged,
                fmt::format("invalid block size {}: must be a power of two from 512 to 65536",
                            superblock.block_size));
  return {};
}

uint32_t unknown_incompatible_features(uint32_t features) {
  uint32_t unknown = 0;
  for (uint32_t bit = 0; bit < 32; ++bit)
    if (incompatible_feature_name(bit).empty()) unknown |= features & (uint32_t{1} << bit);
  return unknown;
}

std::string_view incompatible_feature_name(uint32_t bit) {
  return name_of(kIncompatible, bit);
}
std::string_view readonly_compatible_feature_name(uint32_t bit) {
  return name_of(kReadonlyCompatible, bit);
}
std::string_view compatible_feature_name(uint32_t bit) {
  return name_of(kCompatible, bit);
}

}  // namespace vde
