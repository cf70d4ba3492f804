#include "inspect/decode_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/block_type.h"
#include "format/region/encryption_header.h"
#include "format/region/integrity_tree.h"
#include "format/region/policy.h"
#include "format/tag/tag_index.h"
#include "inspect/bit_names.h"

namespace vde {
namespace {

void add_placed(StructureBuilder& builder, std::span<const TableField> fields, Bytes bytes) {
  for (const PlacedField& placed : place_fields(fields, bytes)) {
    const TableField& field = *placed.field;
    if (field.width == 0 && field.kind == FieldKind::kText) {
      const Bytes text = bytes.subspan(placed.offset, placed.width);
      builder.add_text(field.name, placed.offset,
                       {reinterpret_cast<const char*>(text.data()), text.size()});
    } else {
      const Field one{field.name, placed.offset, placed.width, field.kind};
      builder.add_fields({&one, 1}, bytes);
    }
  }
}

Json header_structure(const TableDescription& table, Bytes head) {
  StructureBuilder builder(std::string(table.name), 0);
  add_placed(builder, table.header, head);
  return std::move(builder).build();
}

Json record_structure(const TableRecord& record) {
  const std::string name = record.list->places == 0
                               ? std::string(record.list->name)
                               : fmt::format("{} {}", record.list->name, record.index);
  StructureBuilder builder(name, record.offset);
  add_placed(builder, record.list->fields, record.bytes);
  return std::move(builder).build();
}

Json dirty_bitmap(uint64_t index, Bytes payload) {
  StructureBuilder builder("dirty bitmap", 0);
  builder.add_bits("dirty", (index - kDirtyBitmapBlock) * payload.size() * 8, payload);
  return std::move(builder).build();
}

// A payload as stored in the file, unverified; nothing if it cannot be read.
std::optional<BlockBuffer> payload_of(const BlockIo& io, uint64_t number) {
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read(number, buffer);
  if (!block) return std::nullopt;
  buffer.resize(payload_size(io.block_size()));
  return buffer;
}

// Regions with a layout of their own.
Json count_others(BlockType content, Bytes head) {
  if (content == block_types::kPolicyVault)
    return Json{{"policy", kPolicyVaultHeaderLayout.decode(head).count}};
  if (content == block_types::kEncryption)
    return Json{{"active_key_slot", kEncryptionHeaderLayout.decode(head).active_slots},
                {"key_rotation", kEncryptionHeaderLayout.decode(head).rotation_events}};
  if (content == block_types::kIntegrityTree)
    return Json{{"leaf", kIntegrityTreeHeaderLayout.decode(head).leaf_count}};
  if (content == block_types::kQueryIndex)
    return Json{{"tag", kTagIndexHeaderLayout.decode(head).entry_count}};
  return nullptr;
}

}  // namespace

Json decode_table(const BlockIo& io, const TablePlace& place, Bytes payload) {
  Json structures = Json::array();
  // Checked first, so that no block is read unnecessarily.
  if (std::ranges::none_of(all_tables(),
                           [&](const auto* table) { return table->type == place.content; }))
    return structures;
  const uint64_t number = place.blocks.begin + place.index;
  std::optional<BlockBuffer> first;
  if (place.index > 0 && !(first = payload_of(io, place.blocks.begin))) return structures;
  const Bytes head = first ? Bytes(*first) : payload;
  const TableDescription* table = find_table(place.content, head);
  if (table == nullptr) return structures;
  if (place.index == 0 && !table->header.empty())
    structures.push_back(header_structure(*table, payload));
  if (table == &tables::kReplication && place.index >= kDirtyBitmapBlock) {
    structures.push_back(dirty_bitmap(place.index, payload));
    return structures;
  }
  std::optional<BlockBuffer> after;
  if (table->is_stream && number + 1 < place.blocks.end) after = payload_of(io, number + 1);
  TableReader reader(*table, head);
  reader.seek(place.index);
  const TableBlock block = reader.read(payload, after ? Bytes(*after) : Bytes{});
  for (const TableRecord& record : block.records)
    if (!record.is_empty) structures.push_back(as_entry(record_structure(record)));
  if (block.broken) structures.push_back(undecodable(*block.broken, block.end));
  return structures;
}

Json record_values(const TableRecord& record) {
  Json values = record_structure(record)["values"];
  put_bit_names(values);
  return values;
}

Json count_records(BlockType content, Bytes head) {
  const TableDescription* table = find_table(content, head);
  if (table == nullptr) return count_others(content, head);
  const TableReader reader(*table, head);
  Json counts = Json::object();
  for (size_t i = 0; i < table->lists.size(); ++i) {
    if (!table->lists[i].has_count) continue;
    std::string name(table->lists[i].name);
    std::ranges::replace(name, ' ', '_');
    counts[name] = reader.counted(i);
  }
  return counts.empty() ? Json(nullptr) : counts;
}

Json decode_migration(Bytes payload) {
  return Json::array({header_structure(tables::kMigration, payload)});
}

}  // namespace vde
