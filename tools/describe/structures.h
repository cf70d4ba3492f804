// The structures of the format as data, taken from the tables that decode them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/region/table.h"

namespace vde::descriptions {

// A field as descriptions print it. The width is in bytes.
struct DescribedField {
  std::string name;
  FieldKind kind = FieldKind::kUnsigned;
  uint32_t width = 0;           // 0: `width_from` has it
  std::string width_from = {};  // the field before it that holds the width
};

// A structure: fields without gaps, from its first byte on.
struct DescribedStructure {
  std::string id;  // lower case and underscores, unique
  std::string note;
  std::vector<DescribedField> fields;

  // In bytes, with all texts empty.
  [[nodiscard]] uint32_t fixed_size() const;
  [[nodiscard]] bool has_fixed_size() const;
};

// A list of records after the header of a table.
struct DescribedList {
  std::string id;     // of the field
  std::string type;   // of a record
  std::string count;  // the field of the header that counts them; empty: as many as fit
  uint32_t places = 0;
  uint32_t block = 0;  // of the region, where they start
};

// A region that is a header with lists of records.
struct DescribedTable {
  std::string type;    // block type, four letters
  std::string id;      // of the whole
  std::string header;  // type of the header; empty if there is none
  std::vector<DescribedList> lists;
  bool is_stream = false;
};

// The first payload of a region that is not only a described table. XREF has three forms, which
// only their content distinguishes; here is the usual one.
struct SpecialHead {
  std::string_view block_type;
  std::string_view header;   // the structure at its start
  std::string_view payload;  // the whole of it, as the Kaitai file names it
};
inline constexpr SpecialHead kSpecialHeads[] = {
    {"TAGI", "tag_index", "tag_table"},
    {"BTRE", "tag_index", "tag_table"},
    {"SNAP", "packed_table", "snapshot_table"},
    {"CODE", "packed_table", "module_table"},
    {"POLV", "policy_vault", "policy_table"},
    {"ENCR", "encryption_header", "encryption_table"},
    {"INOD", "inode_layout", "inode_table"},
    {"MWAL", "write_ahead_log", "write_ahead_log"},
    {"DWAL", "write_ahead_log", "write_ahead_log"},
    {"MTRK", "integrity_tree", "integrity_tree"},
    {"MLOG", "metrics_log", "metrics_table"},
    {"XREF", "cross_references", "cross_references_table"},
};
[[nodiscard]] bool has_special_head(std::string_view block_type);

struct Description {
  std::vector<DescribedStructure> structures;
  std::vector<DescribedTable> tables;
};

// All structures of the format that are not specific to vdetool.
[[nodiscard]] Description describe_format();

// `name` as an identifier: lower case, underscores between words.
[[nodiscard]] std::string to_id(std::string_view name);

}  // namespace vde::descriptions
