#include "imhex.h"

#include <fmt/format.h>

#include "format/block_type.h"

namespace vde::descriptions {
namespace {

constexpr std::string_view kHead = R"(// Generated from the field tables of vdetool. Do not edit.
#pragma description DWVD v2 volume image
#pragma endian little

struct guid {
  u32 data1;
  u16 data2;
  u16 data3;
  u8 data4[8];
};

)";

constexpr std::string_view kTail = R"(superblock primary_superblock @ 0;
u64 block_size = primary_superblock.block_size;
u64 slot_count = (block_size - 16) / 32;
if (slot_count > 127) slot_count = 127;

struct region {
  region_slot slot;
  if ((slot.flags & 1) != 0) {
    trailer first_trailer @ (slot.start + 1) * block_size - 16;
    match (first_trailer.tag) {
)";

constexpr std::string_view kAfterCases = R"(    }
  }
};

region regions[slot_count] @ block_size;
extended_metadata primary_extended_metadata @ 2 * block_size;
integrity_anchor primary_integrity_anchor @ 3 * block_size;
superblock mirror_superblock @ 4 * block_size;
region_slot mirror_slots[slot_count] @ 5 * block_size;
extended_metadata mirror_extended_metadata @ 6 * block_size;
integrity_anchor mirror_integrity_anchor @ 7 * block_size;
region_slot directory_slots[slot_count] @ 8 * block_size;
region_directory directory @ 9 * block_size;
)";

std::string field_line(const DescribedField& field) {
  const std::string width = field.width != 0 ? std::to_string(field.width) : field.width_from;
  switch (field.kind) {
    case FieldKind::kGuid:
      return fmt::format("guid {};", field.name);
    case FieldKind::kBlockType:
      return fmt::format("block_type {};", field.name);
    case FieldKind::kReal:
      return fmt::format("{} {};", field.width == 4 ? "float" : "double", field.name);
    case FieldKind::kText:
      return fmt::format("char {}[{}];", field.name, width);
    case FieldKind::kBytes:
      return fmt::format("u8 {}[{}];", field.name, width);
    case FieldKind::kSigned:
    case FieldKind::kTicks:
      return fmt::format("s{} {};", field.width * 8, field.name);
    case FieldKind::kUnsigned:
      return fmt::format("u{} {};", field.width * 8, field.name);
  }
  return {};
}

std::string structure_text(const DescribedStructure& structure) {
  std::string text;
  if (!structure.note.empty()) text += fmt::format("// {}\n", structure.note);
  text += fmt::format("struct {} {{\n", structure.id);
  for (const DescribedField& field : structure.fields)
    text += fmt::format("  {}\n", field_line(field));
  return text + "};\n\n";
}

std::string block_type_enum() {
  std::string text = "enum block_type : u32 {\n";
  for (const BlockType type : known_block_types())
    text += fmt::format("  {} = 0x{:08X},\n", to_string(type), type.value);
  return text + "};\n\n";
}

std::string cases(const Description& description) {
  std::string text;
  const auto add = [&](std::string_view block_type, std::string_view structure) {
    text += fmt::format("      (block_type::{}): {} head @ slot.start * block_size;\n", block_type,
                        structure);
  };
  for (const SpecialHead& head : kSpecialHeads) add(head.block_type, head.header);
  for (const DescribedTable& table : description.tables)
    if (!table.header.empty() && !has_special_head(table.type)) add(table.type, table.header);
  return text;
}

}  // namespace

std::string write_imhex(const Description& description) {
  std::string text{kHead};
  text += block_type_enum();
  for (const DescribedStructure& structure : description.structures)
    text += structure_text(structure);
  text += kTail;
  text += cases(description);
  return text + std::string{kAfterCases};
}

}  // namespace vde::descriptions
