#include "inspect/decode_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "format/extended_metadata.h"
#include "format/integrity_anchor.h"
#include "format/region/bitmap.h"
#include "format/region/encryption_header.h"
#include "format/region/inode.h"
#include "format/region/integrity_tree.h"
#include "format/region/module_entry.h"
#include "format/region/packed_table.h"
#include "format/region/policy.h"
#include "format/region/snapshot_entry.h"
#include "format/region/wal_header.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "format/tag/tag_index.h"
#include "inspect/decode_inodes.h"
#include "inspect/structure.h"
#include "vde/text.h"

namespace vde {
namespace {

template <class L>
Json one(const L& layout, Bytes payload, uint32_t at = 0) {
  StructureBuilder builder(std::string(layout.name()), at);
  builder.add_fields(layout.fields(), payload.subspan(at));
  return std::move(builder).build();
}

Json superblock(Bytes payload) {
  const auto seal_at = static_cast<uint32_t>(payload.size()) - kHeaderSealLayout.size();
  return Json::array({one(kSuperblockLayout, payload), one(kHeaderSealLayout, payload, seal_at)});
}

Json slots(Bytes payload) {
  Json structures = Json::array();
  const auto all = decode_slots(payload);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].is_free()) continue;
    StructureBuilder builder(fmt::format("slot {}", i),
                             static_cast<uint32_t>(i) * kRegionSlotLayout.size());
    builder.add_fields(kRegionSlotLayout.fields(), payload.subspan(i * kRegionSlotLayout.size()));
    structures.push_back(as_entry(std::move(builder).build()));
  }
  return structures;
}

// Block `index` of the bitmap.
Json bitmap(uint64_t index, Bytes payload) {
  StructureBuilder builder("allocation bitmap", 0);
  builder.add_bits("allocated", index * payload.size() * 8, payload);
  return Json::array({std::move(builder).build()});
}

Json inode_layout(Bytes payload) {
  Json structures = Json::array({one(kInodeLayoutHeaderLayout, payload)});
  const Result<InodeLayout> layout = decode_inode_layout(payload);
  if (!layout) {
    structures.push_back(undecodable(layout.error()));
    return structures;
  }
  for (size_t i = 0; i < layout->fields.size(); ++i)
    structures.push_back(
        as_entry(one(kInodeModuleFieldLayout, payload,
                     kInodeLayoutHeaderLayout.size() +
                         static_cast<uint32_t>(i) * kInodeModuleFieldLayout.size())));
  // The SDK's exporter copies the layout as if it were an inode and writes inodes after it.
  for (Json& inode : decode_inodes(payload))
    if (inode["offset"] != 0) structures.push_back(std::move(inode));
  return structures;
}

Json tag_header(Bytes payload) {
  StructureBuilder builder(std::string(kTagIndexHeaderLayout.name()), 0);
  builder.add_fields(kTagIndexHeaderLayout.fields(), payload);
  const TagIndexHeader header = kTagIndexHeaderLayout.decode(payload);
  const auto max = static_cast<int32_t>((payload.size() - kTagIndexHeaderLayout.size()) * 8);
  if (header.bloom_bits > 0 && header.bloom_bits <= max) {
    const auto bits = static_cast<uint64_t>(header.bloom_bits);
    builder.add("bloom_ones", kTagIndexHeaderLayout.size(), static_cast<uint32_t>((bits + 7) / 8),
                count_bits(payload.subspan(kTagIndexHeaderLayout.size()), 0, bits));
  }
  return Json::array({std::move(builder).build()});
}

uint64_t to_block(int32_t positive) {
  return static_cast<uint64_t>(positive);
}

Json tag_leaf(const TagNode& node, uint64_t region, Bytes payload) {
  StructureBuilder head("tag leaf", 0);
  head.add("kind", 0, 1, 1);
  head.add("entry_count", 1, 2, node.entries.size());
  head.add("next_leaf", static_cast<uint32_t>(payload.size()) - 4, 4, node.next_leaf);
  if (node.next_leaf > 0) head.add("next_leaf_block", 0, 0, region + to_block(node.next_leaf));
  Json structures = Json::array({std::move(head).build()});
  uint32_t at = 3;
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const TagEntry& entry = node.entries[i];
    const auto key_size = static_cast<uint32_t>(entry.key.size());
    const auto value_size = static_cast<uint32_t>(entry.value.size());
    StructureBuilder builder(fmt::format("entry {}", i), at);
    builder.add("key_length", 0, 1, key_size);
    builder.add_text("key", 1, entry.key);
    builder.add("value_length", 1 + key_size, 1, value_size);
    builder.add_text("value", 2 + key_size, entry.value);
    builder.add("inode", 2 + key_size + value_size, 8, entry.inode);
    builder.add("block", 10 + key_size + value_size, 8, entry.block);
    structures.push_back(as_entry(std::move(builder).build()));
    at += static_cast<uint32_t>(encoded_size(entry));
  }
  return structures;
}

// One structure per child, with the separator to its right; the last child has none.
Json tag_inner(const TagNode& node, uint64_t region) {
  StructureBuilder head("tag inner node", 0);
  head.add("kind", 0, 1, 0);
  head.add("key_count", 1, 2, node.keys.size());
  Json structures = Json::array({std::move(head).build()});
  uint32_t at = 3;
  for (const std::string& key : node.keys) at += static_cast<uint32_t>(encoded_key_size(key));
  uint32_t key_at = 3;
  for (size_t i = 0; i < node.children.size(); ++i, at += 4) {
    StructureBuilder builder(fmt::format("child {}", i), 0);
    builder.add("child", at, 4, node.children[i]);
    if (node.children[i] > 0) builder.add("child_block", 0, 0, region + to_block(node.children[i]));
    if (i < node.keys.size()) {
      const std::string& key = node.keys[i];
      builder.add("separator_length", key_at, 1, key.size());
      builder.add_text("separator", key_at + 1, key);
      key_at += static_cast<uint32_t>(encoded_key_size(key));
    }
    structures.push_back(as_entry(std::move(builder).build()));
  }
  return structures;
}

// `region`: the first block of the region, from which the numbers in nodes count.
Json tag_node(uint64_t region, Bytes payload) {
  const Result<TagNode> node = decode_tag_node(payload);
  if (!node) return Json::array({undecodable(node.error())});
  return node->leaf ? tag_leaf(*node, region, payload) : tag_inner(*node, region);
}

// The entries of a packed table's block; each has a fixed part followed by a text.
template <class L, class Entry>
Json packed_entries(const L& layout, std::string_view text_name, std::string Entry::*text,
                    const Result<std::vector<Entry>>& entries, Bytes payload, bool first) {
  Json structures = Json::array();
  if (first) structures.push_back(one(kPackedTableHeaderLayout, payload));
  if (!entries) {
    structures.push_back(undecodable(entries.error()));
    return structures;
  }
  uint32_t at = first ? kPackedTableHeaderLayout.size() : 0;
  for (const Entry& entry : *entries) {
    StructureBuilder builder(std::string(layout.name()), at);
    builder.add_fields(layout.fields(), payload.subspan(at));
    builder.add_text(text_name, layout.size(), entry.*text);
    structures.push_back(as_entry(std::move(builder).build()));
    at += static_cast<uint32_t>(encoded_size(entry));
  }
  return structures;
}

int64_t max_entries(Bytes payload, bool first) {
  if (!first) return INT64_MAX;
  return kPackedTableHeaderLayout.decode(payload).count;
}

Json snapshots(uint64_t index, Bytes payload) {
  const bool first = index == 0;
  return packed_entries(kSnapshotEntryLayout, "label", &SnapshotEntry::label,
                        decode_snapshot_block(payload, first, max_entries(payload, first)), payload,
                        first);
}

Json code_modules(uint64_t index, Bytes payload) {
  const bool first = index == 0;
  return packed_entries(kModuleEntryLayout, "entry_point", &ModuleEntry::entry_point,
                        decode_module_block(payload, first, max_entries(payload, first)), payload,
                        first);
}

Json policies(uint64_t index, Bytes payload) {
  if (index != 0) return Json::array({one(kPolicySealLayout, payload)});
  Json structures = Json::array({one(kPolicyVaultHeaderLayout, payload)});
  const auto entries = decode_policies(payload);
  if (!entries) {
    structures.push_back(undecodable(entries.error()));
    return structures;
  }
  uint32_t at = kPolicyVaultHeaderLayout.size();
  for (const PolicyEntry& entry : *entries) {
    const auto size = static_cast<uint32_t>(entry.data.size());
    StructureBuilder builder(std::string(kPolicyEntryLayout.name()), at);
    builder.add_fields(kPolicyEntryLayout.fields(), payload.subspan(at));
    builder.add("data", kPolicyEntryLayout.size(), size, to_hex(entry.data));
    structures.push_back(as_entry(std::move(builder).build()));
    at += kPolicyEntryLayout.size() + size;
  }
  return structures;
}

// Slots and rotations have fixed places; those that are all zero are empty and skipped.
template <class L>
void add_used(Json& structures, const L& layout, Bytes payload, uint32_t at, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i, at += layout.size())
    if (!all_zero(payload.subspan(at, layout.size())))
      structures.push_back(as_entry(one(layout, payload, at)));
}

Json encryption(uint64_t index, Bytes payload) {
  const EncryptionCapacity room =
      encryption_capacity(static_cast<uint32_t>(payload.size()) + kTrailerSize);
  Json structures = Json::array();
  if (index == 0) {
    structures.push_back(one(kEncryptionHeaderLayout, payload));
    add_used(structures, kKeySlotLayout, payload, kEncryptionHeaderLayout.size(), room.first_slots);
    return structures;
  }
  add_used(structures, kKeySlotLayout, payload, 0, room.second_slots);
  add_used(structures, kKeyRotationLayout, payload, room.second_slots * kKeySlotLayout.size(),
           room.rotations);
  return structures;
}

Json integrity_tree(uint64_t index, Bytes payload) {
  if (index == 0) return Json::array({one(kIntegrityTreeHeaderLayout, payload)});
  const uint32_t nodes = nodes_per_block(static_cast<uint32_t>(payload.size()) + kTrailerSize);
  Json structures = Json::array();
  for (uint32_t i = 0; i < nodes; ++i) {
    const uint32_t at = i * kTreeNodeSize;
    const Bytes hash = payload.subspan(at, kTreeNodeSize);
    if (all_zero(hash)) continue;
    StructureBuilder builder(fmt::format("integrity tree node {}", (index - 1) * nodes + i + 1),
                             at);
    builder.add("hash", 0, kTreeNodeSize, to_hex(hash));
    structures.push_back(as_entry(std::move(builder).build()));
  }
  return structures;
}

Json region_map(uint64_t number, Bytes payload) {
  if (number == kDirectoryStart + 1) return Json::array({one(kDirectoryHeaderLayout, payload)});
  return slots(payload);
}

}  // namespace

Json decode_structures(BlockType type, const BlockPlace& place, Bytes payload) {
  if (type == block_types::kSuperblock) return superblock(payload);
  if (type == block_types::kRegionMap) return region_map(place.number, payload);
  if (type == block_types::kExtendedMetadata)
    return Json::array({one(kExtendedMetadataLayout, payload)});
  if (type == block_types::kIntegrityAnchor)
    return Json::array({one(kIntegrityAnchorLayout, payload)});
  if (!place.index) return Json::array();
  const uint64_t index = *place.index;
  if (type == block_types::kBitmap) return bitmap(index, payload);
  if (type == block_types::kInodes)
    return index == 0 ? inode_layout(payload) : decode_inodes(payload);
  if (is_journal(type) && index == 0) return Json::array({one(kWalHeaderLayout, payload)});
  if (type == block_types::kTagIndex || type == block_types::kQueryIndex)
    return index == 0 ? tag_header(payload) : tag_node(place.number - index, payload);
  if (type == block_types::kSnapshots) return snapshots(index, payload);
  if (type == block_types::kCode) return code_modules(index, payload);
  if (type == block_types::kPolicyVault) return policies(index, payload);
  if (type == block_types::kEncryption) return encryption(index, payload);
  if (type == block_types::kIntegrityTree) return integrity_tree(index, payload);
  return Json::array();
}

}  // namespace vde
