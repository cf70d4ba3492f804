// Decoded structures as JSON: each field with its place, from the same table that decodes it.
#pragma once

#include <string>
#include <vector>

#include "format/field.h"
#include "vde/inspect.h"

namespace vde {

// Puts `bytes` into `object` as text, or as base64 under `name`_base64 where they are not UTF-8.
void put_text(Json& object, const std::string& name, std::string_view bytes);

// Puts the value of one field: numbers as numbers, hashes and ids as text, times as ticks with an
// RFC 3339 sibling (`created_ticks` and `created`).
void put_field(Json& object, const Field& field, Bytes structure);

// One structure of a block, being put together field by field.
class StructureBuilder {
 public:
  // `at` is the structure's offset in its block, in bytes.
  StructureBuilder(std::string name, uint32_t at) : name_(std::move(name)), at_(at) {}

  // All fields of a layout that lie within `bytes`, which starts where the structure does.
  void add_fields(std::span<const Field> fields, Bytes bytes);
  // A field that no table holds, because its place depends on those before it; `offset` counts from
  // the structure's start. Names must differ within a structure: a block may hold thousands of
  // fields, and nothing looks for one among them.
  void add(std::string_view name, uint32_t offset, uint32_t width, Json value);
  void add_text(std::string_view name, uint32_t offset, std::string_view bytes);

  // {name, offset, fields: [{name, offset, width, value}..], values: {name: value..}}.
  [[nodiscard]] Json build() &&;

 private:
  void append(std::string_view name, uint32_t offset, uint32_t width, const Json& values);

  std::string name_;
  uint32_t at_;
  Json fields_ = Json::array();
  Json values_ = Json::object();
};

}  // namespace vde
