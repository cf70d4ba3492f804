#include "check/exact/place_check.h"

#include <fmt/format.h>

#include "check/exact/exact_rule.h"
#include "check/passes/inode_pass.h"
#include "check/repair/repair_base.h"
#include "format/region/bitmap.h"
#include "format/region/dictionary.h"
#include "format/region/inode.h"
#include "format/region/integrity_tree.h"
#include "format/region/module_entry.h"
#include "format/region/policy.h"
#include "format/region/snapshot_entry.h"
#include "format/region/wal_header.h"
#include "format/tag/tag_index.h"

namespace vde {
namespace {

// What a codec of a region gets to judge.
struct RegionBlock {
  Bytes payload;
  uint64_t index;  // in the region
  const PlacedRegion& region;
  uint64_t volume_blocks;
  uint32_t block_size;
};

bool is_bitmap(const RegionBlock& block) {
  const uint64_t bits = bits_per_bitmap_block(block.block_size);
  const uint64_t begin = std::min(block.index * bits, block.volume_blocks);
  const uint64_t valid = std::min(bits, block.volume_blocks - begin);
  const bool empty_head = block.index == 0 && all_zero(block.payload);
  return !empty_head && find_bit(block.payload, valid, bits, true) == bits;
}

bool is_inode_block(const RegionBlock& block) {
  if (block.index > 0) return true;
  const auto layout = decode_inode_layout(block.payload);
  return layout && has_valid_sizes(*layout);
}

bool is_journal_block(const RegionBlock& block) {
  if (block.index > 0) return true;
  const WalHeader header = kWalHeaderLayout.decode(block.payload);
  return header.version == 1 &&
         header.max_blocks == static_cast<int64_t>(block.region.blocks.count());
}

bool is_tag_block(const RegionBlock& block) {
  if (block.index > 0) return decode_tag_node(block.payload).has_value();
  const TagIndexHeader header = kTagIndexHeaderLayout.decode(block.payload);
  return header.entry_count >= 0 && header.depth >= 0 && header.bloom_bits >= 0 &&
         static_cast<uint32_t>(header.bloom_bits) <= max_bloom_bits(block.block_size);
}

// Entries as far as they go; what lies after the last counted one may be old.
bool has_entries(const RegionBlock& block, const PackedShape& shape) {
  const PackedTableHeader header = kPackedTableHeaderLayout.decode(block.payload);
  const int64_t counted = header.count;
  const auto as_first = [&] {
    return counted >= 0 && packed_records(shape, block.payload, true, counted).has_value();
  };
  const auto as_other = packed_records(shape, block.payload, false, INT32_MAX);
  if (block.index == 0 ? as_first() : as_other.has_value()) return true;
  // The first block may have changed places with this one before it was damaged.
  const bool is_head = all_zero(header.reserved);
  return block.index == 0 ? !is_head && as_other && !as_other->empty()
                          : is_head && counted > 0 && as_first();
}

bool is_snapshot_block(const RegionBlock& block) {
  return has_entries(block, kSnapshotShape);
}

bool is_module_block(const RegionBlock& block) {
  return has_entries(block, kModuleShape);
}

bool is_dictionary_block(const RegionBlock& block) {
  if (block.index > 0) return true;
  const int32_t count = kPackedTableHeaderLayout.decode(block.payload).count;
  return count >= 0 && static_cast<uint32_t>(count) <= kMaxDictionaries;
}

bool is_tree_block(const RegionBlock& block) {
  return block.index > 0 ||
         check_shape(kIntegrityTreeHeaderLayout.decode(block.payload)).has_value();
}

bool is_policy_block(const RegionBlock& block) {
  return block.index > 0 || decode_policies(block.payload).has_value();
}

struct RegionCodec {
  BlockType tag;
  bool (*accepts)(const RegionBlock& block);
};

constexpr RegionCodec kCodecs[] = {{block_types::kBitmap, is_bitmap},
                                   {block_types::kInodes, is_inode_block},
                                   {block_types::kMetadataWal, is_journal_block},
                                   {block_types::kTagIndex, is_tag_block},
                                   {block_types::kQueryIndex, is_tag_block},
                                   {block_types::kSnapshots, is_snapshot_block},
                                   {block_types::kCode, is_module_block},
                                   {block_types::kDictionaries, is_dictionary_block},
                                   {block_types::kIntegrityTree, is_tree_block},
                                   {block_types::kPolicyVault, is_policy_block}};

}  // namespace

PlaceCheck::PlaceCheck(const Probe& probe) : probe_(probe) {
  for (const PlacedRegion& region : place_regions(probe))
    if (!region.is_data_area && region.blocks.begin >= kFirstRegionBlock)
      regions_.push_back(region);
}

const PlacedRegion* PlaceCheck::region_of(uint64_t number) const {
  for (const PlacedRegion& region : regions_)
    if (region.blocks.contains(number)) return &region;
  return nullptr;
}

BlockType PlaceCheck::type_at(uint64_t number) const {
  if (number < kDirectoryStart) return group_block_type(number % kGroupBlocks);
  if (number < kFirstRegionBlock) return block_types::kRegionMap;
  const PlacedRegion* region = region_of(number);
  return region != nullptr ? region->type : block_types::kData;
}

std::string PlaceCheck::fault(uint64_t number, Bytes bytes) const {
  const UncheckedBlock block(number, bytes);
  const Trailer trailer = block.unchecked_trailer();
  const PlacedRegion* region = number < kFirstRegionBlock ? nullptr : region_of(number);
  const bool in_data_area = number >= kFirstRegionBlock && region == nullptr;
  // A block of the data area may be left from a region that moved.
  const bool fits = in_data_area        ? is_known(trailer.type)
                    : region != nullptr ? may_carry(region->type, region->content, trailer.type)
                                        : trailer.type == type_at(number);
  if (!fits && !is_switched_off(ExactRule::kType))
    return fmt::format("type {} instead of {}", to_string(trailer.type),
                       to_string(type_at(number)));
  if (number < kFirstRegionBlock) return fixed_fault(number, block);
  const bool has_own_generations = region != nullptr && counts_own_generations(region->content);
  if (!has_own_generations && is_newer(probe_, trailer.generation) &&
      !is_switched_off(ExactRule::kGeneration))
    return fmt::format("generation {} is newer than the superblock", trailer.generation);
  return region != nullptr ? region_fault(*region, block) : std::string();
}

std::string PlaceCheck::fixed_fault(uint64_t number, const UncheckedBlock& block) const {
  if (is_switched_off(ExactRule::kFixed)) return {};
  const Bytes payload = block.unchecked_payload();
  if (number % kGroupBlocks == 0 && number < kDirectoryStart) {
    const Superblock superblock = kSuperblockLayout.decode(payload);
    if (!check_identity(superblock) ||
        superblock.block_size != static_cast<int64_t>(probe_.block_size))
      return "not a superblock of this block size";
    if (static_cast<uint32_t>(superblock.checkpoint_sequence) !=
        block.unchecked_trailer().generation)
      return "its generation is not its sequence";
  }
  if (number == kDirectoryStart + 1 && kDirectoryHeaderLayout.decode(payload).version != 1)
    return "not a directory header";
  return {};
}

std::string PlaceCheck::region_fault(const PlacedRegion& region,
                                     const UncheckedBlock& block) const {
  const bool plain = probe_.slots[region.slot].is_plain();
  if (!plain || is_switched_off(ExactRule::kRegionCodec)) return {};
  for (const RegionCodec& codec : kCodecs)
    if (codec.tag == region.type &&
        !codec.accepts({block.unchecked_payload(), block.number() - region.blocks.begin, region,
                        probe_.usable_blocks(), probe_.block_size}))
      return fmt::format("not a block of the {} region", to_string(region.type));
  return {};
}

}  // namespace vde
