#include "structures.h"

#include <algorithm>

#include "format/block.h"
#include "format/extended_metadata.h"
#include "format/integrity_anchor.h"
#include "format/region/encryption_header.h"
#include "format/region/inode.h"
#include "format/region/integrity_tree.h"
#include "format/region/module_entry.h"
#include "format/region/packed_table.h"
#include "format/region/policy.h"
#include "format/region/snapshot_entry.h"
#include "format/region/tables.h"
#include "format/region/wal_header.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "format/tag/tag_index.h"

namespace vde::descriptions {
namespace {

template <class L>
DescribedStructure from_layout(const L& layout, std::string note = {}) {
  DescribedStructure structure{to_id(layout.name()), std::move(note), {}};
  for (const Field& field : layout.fields())
    structure.fields.push_back({std::string(field.name), field.kind, field.width});
  return structure;
}

// A structure whose last field is the length of the text or bytes that follow.
template <class L>
DescribedStructure with_tail(const L& layout, std::string_view name, std::string note) {
  DescribedStructure structure = from_layout(layout, std::move(note));
  structure.fields.push_back(
      {std::string(name), FieldKind::kBytes, 0, structure.fields.back().name});
  return structure;
}

DescribedStructure from_table_fields(std::string id, std::string note,
                                     std::span<const TableField> fields) {
  DescribedStructure structure{std::move(id), std::move(note), {}};
  for (const TableField& field : fields) {
    DescribedField described{std::string(field.name), field.kind, field.width};
    if (field.width == 0) described.width_from = structure.fields.back().name;
    structure.fields.push_back(std::move(described));
  }
  return structure;
}

// The fields of the header that count the lists, in their order.
std::vector<std::string> counts_of(const TableDescription& table) {
  std::vector<std::string> counts;
  for (const TableField& field : table.header)
    if (field.rule == Rule::kCount) counts.emplace_back(field.name);
  return counts;
}

void add_table(Description& description, const TableDescription& table) {
  const std::string id = to_id(table.name);
  DescribedTable described{to_string(table.type), id + "_table", {}, {}, table.is_stream};
  if (!table.header.empty()) {
    described.header = id;
    description.structures.push_back(from_table_fields(
        id, "The first bytes of a region of type " + described.type + ".", table.header));
  }
  const std::vector<std::string> counts = counts_of(table);
  size_t next_count = 0;
  for (const RecordList& list : table.lists) {
    const std::string type = id + "_" + to_id(list.name);
    description.structures.push_back(
        from_table_fields(type, "A record of the " + std::string(table.name) + ".", list.fields));
    described.lists.push_back({to_id(list.name) + "_list", type,
                               list.has_count ? counts.at(next_count++) : std::string{},
                               list.places, list.block});
  }
  description.tables.push_back(std::move(described));
}

void add_layouts(Description& description) {
  description.structures = {
      from_layout(kTrailerLayout,
                  "The last 16 bytes of a block. The checksum is XXH64 of the bytes before it."),
      from_layout(kSuperblockLayout, "Block 0, and its mirror in block 4."),
      from_layout(kRegionSlotLayout, "The place of a region. All zeros: the slot is free."),
      from_layout(kDirectoryHeaderLayout, "Block 9. The slots are in block 8."),
      from_layout(kExtendedMetadataLayout, "Block 2, and its mirror in block 6."),
      from_layout(kIntegrityAnchorLayout, "Block 3, and its mirror in block 7."),
      from_layout(kWalHeaderLayout, "The first bytes of a write-ahead log."),
      from_layout(kTagIndexHeaderLayout, "The first bytes of a tag index; its filter follows."),
      from_layout(kPackedTableHeaderLayout, "The first bytes of SNAP and CODE."),
      with_tail(kSnapshotEntryLayout, "label", "An entry of SNAP."),
      with_tail(kModuleEntryLayout, "entry_point", "An entry of CODE."),
      from_layout(kPolicyVaultHeaderLayout, "The first bytes of POLV."),
      with_tail(kPolicyEntryLayout, "data", "An entry of POLV."),
      from_layout(kPolicySealLayout, "The second block of POLV."),
      from_layout(kEncryptionHeaderLayout, "The first bytes of ENCR."),
      from_layout(kKeySlotLayout, "A key slot of ENCR. All zeros: the slot is empty."),
      from_layout(kKeyRotationLayout, "A key rotation, after the key slots of the second block."),
      from_layout(kIntegrityTreeHeaderLayout, "The first bytes of MTRK; the nodes follow it."),
      from_layout(kInodeLayoutHeaderLayout, "The first bytes of INOD."),
      from_layout(kInodeModuleFieldLayout, "The field of a module in every inode."),
      from_layout(kInodeExtentLayout, "Eight of them are in an inode."),
      from_layout(kInodeCoreLayout, "The part that all inodes have."),
  };
}

}  // namespace

uint32_t DescribedStructure::fixed_size() const {
  uint32_t size = 0;
  for (const DescribedField& field : fields) size += field.width;
  return size;
}

bool DescribedStructure::has_fixed_size() const {
  return std::all_of(fields.begin(), fields.end(),
                     [](const DescribedField& field) { return field.width != 0; });
}

Description describe_format() {
  Description description;
  add_layouts(description);
  for (const TableDescription* table : all_tables()) add_table(description, *table);
  return description;
}

bool has_special_head(std::string_view block_type) {
  return std::any_of(std::begin(kSpecialHeads), std::end(kSpecialHeads),
                     [&](const SpecialHead& head) { return head.block_type == block_type; });
}

std::string to_id(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool is_capital = c >= 'A' && c <= 'Z';
    id += is_word ? c : is_capital ? static_cast<char>(c - 'A' + 'a') : '_';
  }
  return id;
}

}  // namespace vde::descriptions
