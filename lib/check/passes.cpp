#include "check/passes.h"

#include <algorithm>

#include "format/region/tables.h"

namespace vde {
namespace {

constexpr NamedPass kPasses[] = {
    {"origin", check_origin, OnStream::kAtStart},
    {"geometry", check_geometry, OnStream::kAtEnd},
    {"superblock groups", check_superblocks, OnStream::kAtStart},
    {"region tables", check_regions, OnStream::kAtStart},
    {"copied content", check_copied_content, OnStream::kAtEnd},
    {"journal", check_journal},
    {"inode layout", check_inode_layout, OnStream::kAtEnd},
    {"tag nodes", find_sound_tags, OnStream::kNotNeeded},
    {"block trailers", check_blocks, OnStream::kItself},
    {"tag index", check_tags},
    {"snapshot table", check_snapshots},
    {"code cache", check_modules},
    {"dictionary table", check_dictionaries, OnStream::kIfKept},
    {"inode migration", check_migration, OnStream::kIfKept},
    {"record tables", check_tables, OnStream::kIfKept},
    {"metadata chain hash", check_anchor, OnStream::kAtEnd},
    {"policy vault", check_policies, OnStream::kIfKept},
    {"seals and signatures", check_keyed, OnStream::kIfKept},
    {"encryption header", check_keys, OnStream::kIfKept},
    {"integrity tree", check_integrity_tree, OnStream::kIfKept},
    {"allocation bitmap", check_bitmap, OnStream::kAtEnd},
};

}  // namespace

std::span<const NamedPass> passes() {
  return kPasses;
}

bool is_read_whole(const PlacedRegion& region) {
  if (region.is_data_area) return false;
  if (region.content == block_types::kEncryption || region.content == block_types::kPolicyVault ||
      region.content == block_types::kIntegrityTree)
    return true;
  return std::ranges::any_of(
      all_tables(), [&](const TableDescription* table) { return table->type == region.content; });
}

}  // namespace vde
