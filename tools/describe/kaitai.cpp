#include "kaitai.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/block_type.h"

namespace vde::descriptions {
namespace {

// What is not in the tables: where blocks, groups and regions are. Structures in blocks are lazy
// instances, so that damage in one of them does not keep a reader from the others.
constexpr std::string_view kHead = R"(# Generated from the field tables of vdetool. Do not edit.
meta:
  id: dwvd
  title: DWVD v2 volume image
  file-extension: dwvd
  endian: le
doc: |
  A volume image: blocks of one size, each with a trailer of 16 bytes. Blocks 0 to 3 are the primary
  superblock group, blocks 4 to 7 its mirror, blocks 8 and 9 the region directory. Checksums are not
  verified, and the journal is not replayed.
instances:
  superblock:
    pos: 0
    type: superblock
  block_size:
    value: superblock.block_size
  payload_size:
    value: block_size - 16
  slots_per_block:
    value: 'payload_size / 32 < 127 ? payload_size / 32 : 127'
  primary_group:
    pos: 0
    type: group
  mirror_group:
    pos: 4 * block_size
    type: group
  directory:
    pos: 8 * block_size
    type: directory
  regions:
    type: region(_index)
    repeat: expr
    repeat-expr: slots_per_block
types:
  group:
    seq:
      - id: superblock_block
        size: _root.block_size
        type: superblock_block
      - id: slots
        size: _root.block_size
        type: slots_block
      - id: extended_metadata_block
        size: _root.block_size
        type: extended_metadata_block
      - id: integrity_anchor_block
        size: _root.block_size
        type: integrity_anchor_block
  superblock_block:
    seq:
      - id: superblock
        type: superblock
    instances:
      header_seal:
        pos: _io.size - 48
        size: 32
      trailer:
        pos: _io.size - 16
        type: trailer
  slots_block:
    seq:
      - id: slots
        type: region_slot
        repeat: expr
        repeat-expr: _root.slots_per_block
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
  extended_metadata_block:
    doc: The structure is cut off in blocks of 512 and 1024 bytes.
    seq:
      - id: extended_metadata
        type: extended_metadata
        if: _io.size >= 1472
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
  integrity_anchor_block:
    seq:
      - id: integrity_anchor
        type: integrity_anchor
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
  directory:
    seq:
      - id: slots
        size: _root.block_size
        type: slots_block
      - id: header
        type: region_directory
  region:
    doc: The region of a slot of the primary group.
    params:
      - id: index
        type: s4
    instances:
      slot:
        value: _root.primary_group.slots.slots[index]
      is_used:
        value: slot.flags & 1 != 0
      blocks:
        pos: slot.start * _root.block_size
        size: _root.block_size
        type: block(_index)
        repeat: expr
        repeat-expr: slot.count
        if: is_used
      first:
        pos: slot.start * _root.block_size
        size: _root.block_size
        type: block(0)
        if: is_used
  block:
    params:
      - id: index
        type: s4
        doc: of the block in its region
    instances:
      trailer:
        pos: _io.size - 16
        type: trailer
      is_first:
        value: index == 0
      payload:
        pos: 0
        size: _io.size - 16
      head:
        doc: The payload of the first block of a region.
        pos: 0
        size: _io.size - 16
        if: is_first
        type:
          switch-on: trailer.tag
          cases:
)";

constexpr std::string_view kAfterCases = R"(      node:
        doc: A node of the tag index.
        pos: 0
        size: _io.size - 16
        type: tag_node
        if: not is_first and (trailer.tag == block_type::tagi or trailer.tag == block_type::btre)
      snapshots:
        pos: 0
        size: _io.size - 16
        type: snapshot_entries
        if: not is_first and trailer.tag == block_type::snap
      modules:
        pos: 0
        size: _io.size - 16
        type: module_entries
        if: not is_first and trailer.tag == block_type::code
  guid:
    doc: In the order of .NET.
    seq:
      - id: data1
        type: u4
      - id: data2
        type: u2
      - id: data3
        type: u2
      - id: data4
        size: 8
    instances:
      is_zero:
        value: data1 == 0 and data2 == 0 and data3 == 0 and data4 == [0, 0, 0, 0, 0, 0, 0, 0]
  tag_table:
    seq:
      - id: header
        type: tag_index
      - id: bloom_filter
        size: '(header.bloom_bits + 7) / 8'
        if: header.bloom_bits > 0 and (header.bloom_bits + 7) / 8 <= _io.size - 16
  tag_node:
    seq:
      - id: is_leaf
        type: u1
      - id: count
        type: u2
      - id: entries
        type: tag_entry
        repeat: expr
        repeat-expr: count
        if: is_leaf == 1
      - id: separators
        type: tag_separator
        repeat: expr
        repeat-expr: count
        if: is_leaf == 0
      - id: children
        doc: Blocks, counted from the start of the region.
        type: s4
        repeat: expr
        repeat-expr: count + 1
        if: is_leaf == 0
    instances:
      next_leaf:
        doc: A block, counted from the start of the region. 0 in the last leaf.
        pos: _io.size - 4
        type: s4
        if: is_leaf == 1
  tag_entry:
    seq:
      - id: key_length
        type: u1
      - id: key
        size: key_length
      - id: value_length
        type: u1
      - id: value
        size: value_length
      - id: inode
        type: s8
      - id: block
        type: s8
  tag_separator:
    seq:
      - id: length
        type: u1
      - id: key
        size: length
  snapshot_table:
    seq:
      - id: header
        type: packed_table
      - id: entries
        type: snapshot_entries
  snapshot_entries:
    doc: The last entry may be the padding of the block.
    seq:
      - id: entries
        type: snapshot
        repeat: until
        repeat-until: _io.size - _io.pos < 68 or _.id.is_zero
  module_table:
    seq:
      - id: header
        type: packed_table
      - id: entries
        type: module_entries
  module_entries:
    doc: The last entry may be the padding of the block.
    seq:
      - id: entries
        type: module
        repeat: until
        repeat-until: _io.size - _io.pos < 76 or _.block_count == 0
  policy_table:
    seq:
      - id: header
        type: policy_vault
      - id: entries
        type: policy
        repeat: expr
        repeat-expr: header.count
  encryption_table:
    seq:
      - id: header
        type: encryption_header
      - id: slots
        type: key_slot
        repeat: expr
        repeat-expr: '(_io.size - 8) / 124 < 63 ? (_io.size - 8) / 124 : 63'
  inode_table:
    seq:
      - id: header
        type: inode_layout
      - id: fields
        type: inode_module_field
        repeat: expr
        repeat-expr: header.field_count
  metrics_table:
    instances:
      magic:
        pos: 0
        type: u8
      log:
        pos: 0
        type: metrics_log_table
        if: magic != 0x4d45545249435300
      log_of_revision_2_1:
        pos: 0
        type: metrics_log_of_revision_2_1_table
        if: magic == 0x4d45545249435300
)";

std::string type_of(const DescribedField& field) {
  const char* integer =
      field.kind == FieldKind::kSigned || field.kind == FieldKind::kTicks ? "s" : "u";
  switch (field.kind) {
    case FieldKind::kGuid:
      return "type: guid";
    case FieldKind::kBlockType:
      return "type: u4\n        enum: block_type";
    case FieldKind::kReal:
      return fmt::format("type: f{}", field.width);
    case FieldKind::kText:
    case FieldKind::kBytes:
      return fmt::format("size: {}",
                         field.width != 0 ? std::to_string(field.width) : field.width_from);
    default:
      return fmt::format("type: {}{}", integer, field.width);
  }
}

std::string structure_type(const DescribedStructure& structure) {
  std::string text = fmt::format("  {}:\n", structure.id);
  if (!structure.note.empty()) text += fmt::format("    doc: |\n      {}\n", structure.note);
  text += "    seq:\n";
  for (const DescribedField& field : structure.fields)
    text += fmt::format("      - id: {}\n        {}\n", field.name, type_of(field));
  return text;
}

// The records of a list that are in the first block.
std::string list_field(const DescribedList& list, const DescribedStructure& record) {
  const std::string count = list.count.empty() ? "" : "header." + list.count;
  std::string text = fmt::format("      - id: {}\n        type: {}\n", list.id, list.type);
  if (list.places != 0)
    return text + fmt::format("        repeat: expr\n        repeat-expr: {}\n", list.places);
  const std::string room = fmt::format("(_io.size - _io.pos) / {}", record.fixed_size());
  if (record.has_fixed_size() && count.empty())
    return text + fmt::format("        repeat: expr\n        repeat-expr: {}\n", room);
  if (record.has_fixed_size())
    return text +
           fmt::format("        repeat: expr\n        repeat-expr: '{0} < {1} ? {0} : {1}'\n",
                       count, room);
  return text + fmt::format(
                    "        repeat: until\n"
                    "        repeat-until: _index + 1 >= {0} or _io.size - _io.pos < {1}\n"
                    "        if: {0} > 0\n",
                    count, record.fixed_size());
}

std::string table_type(const Description& description, const DescribedTable& table) {
  std::string text = fmt::format("  {}:\n    doc: The records in the first block.\n", table.id);
  text += "    seq:\n";
  if (!table.header.empty())
    text += fmt::format("      - id: header\n        type: {}\n", table.header);
  for (const DescribedList& list : table.lists) {
    if (list.block != 0) continue;
    const auto record =
        std::find_if(description.structures.begin(), description.structures.end(),
                     [&](const DescribedStructure& each) { return each.id == list.type; });
    text += list_field(list, *record);
  }
  return text;
}

std::string cases(const Description& description) {
  std::string text;
  const auto add = [&](std::string_view block_type, std::string_view structure) {
    text += fmt::format("            'block_type::{}': {}\n", to_id(block_type), structure);
  };
  for (const SpecialHead& head : kSpecialHeads) add(head.block_type, head.payload);
  for (const DescribedTable& table : description.tables)
    if (!has_special_head(table.type)) add(table.type, table.id);
  return text;
}

std::string block_type_enum() {
  std::string text = "enums:\n  block_type:\n";
  for (const BlockType type : known_block_types())
    text += fmt::format("    0x{:08x}:\n      id: {}\n      doc: {}\n", type.value,
                        to_id(to_string(type)), vde::describe(type));
  return text;
}

}  // namespace

std::string write_kaitai(const Description& description) {
  std::string text{kHead};
  text += cases(description);
  text += kAfterCases;
  for (const DescribedStructure& structure : description.structures)
    text += structure_type(structure);
  for (const DescribedTable& table : description.tables) text += table_type(description, table);
  return text + block_type_enum();
}

}  // namespace vde::descriptions
