// Decoded structures as JSON. The place of each field comes from the layout that decodes it.
#pragma once

#include <string>
#include <vector>

#include "format/field.h"
#include "vde/inspect.h"

namespace vde {

// Adds the value of one field: numbers as numbers, hashes and ids as text, times as ticks,
// in RFC 3339 form and as seconds (`created_ticks`, `created` and `created_unix`).
// Checksums are hexadecimal: JSON readers round large numbers.
void put_field(Json& object, const Field& field, Bytes structure);

// Builds one structure of a block, field by field.
class StructureBuilder {
 public:
  // `at` is the structure's offset in its block, in bytes.
  StructureBuilder(std::string name, uint32_t at) : name_(std::move(name)), at_(at) {}

  // Adds all fields of a layout that lie within `bytes`, which begins with the structure.
  void add_fields(std::span<const Field> fields, Bytes bytes);
  // Adds a field that is not in a layout because its place depends on earlier fields; `offset`
  // counts from the structure's start. The caller must use unique names: with thousands of fields
  // in a block they are not checked.
  void add(std::string_view name, uint32_t offset, uint32_t width, Json value);
  void add_text(std::string_view name, uint32_t offset, std::string_view bytes);
  // Adds a payload of bits, of which the first is for block `first`: that block, the number of ones
  // as field `name`, and their runs.
  void add_bits(const std::string& name, uint64_t first, Bytes payload);

  // {name, offset, fields: [{name, offset, width, value}..], values: {name: value..}}.
  [[nodiscard]] Json build() &&;

 private:
  void append(std::string_view name, uint32_t offset, uint32_t width, const Json& values);

  std::string name_;
  uint32_t at_;
  Json fields_ = Json::array();
  Json values_ = Json::object();
};

// Marks a structure as one of a list; take_entries() collects them.
[[nodiscard]] Json as_entry(Json structure);
// The values of the marked structures as an array, with `index` where the name ends with a number.
// Removes the marks.
[[nodiscard]] Json take_entries(Json& structures);

// The structure that stands for one that cannot be decoded; `at` as for StructureBuilder.
[[nodiscard]] Json undecodable(const Error& reason, uint32_t at = 0);

}  // namespace vde
