// Images with a described table, which no command creates. It replaces the region of the integrity
// tree, blocks 84 to 87 of an ImageBuilder with all features.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "format/region/tables.h"
#include "support/image_builder.h"

namespace vde::test {

inline constexpr uint64_t kTableStart = 84;
inline constexpr uint64_t kTableBlocks = 4;

// A number, a real number, or the bytes of an id, a hash or a text.
using FieldValue = std::variant<int64_t, double, std::string>;
using FieldValues = std::map<std::string_view, FieldValue>;

// The bytes of a header or record. Fields without a value are zero; lengths without a value are
// those of the texts that follow them.
[[nodiscard]] std::vector<uint8_t> encode_fields(std::span<const TableField> fields,
                                                 const FieldValues& values);

// A table in memory; write_table() writes it.
struct TableContent {
  const TableDescription* table = nullptr;
  FieldValues header;                             // counts without a value are computed
  std::vector<std::vector<FieldValues>> records;  // of each list

  // Computes the hashes of an audit log's chain.
  void chain();
};

// A few valid records of each list.
[[nodiscard]] TableContent sound_table(const TableDescription& table);

// Changes the region to this type, with all-zero blocks and valid trailers, and clears its feature.
void make_table_region(ImageBuilder& image, BlockType type);

// Writes the content as the SDK does: only in a stream a record may continue in the next payload.
void write_table(ImageBuilder& image, const TableContent& content);

}  // namespace vde::test
