#include "inspect/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "format/block_type.h"
#include "format/number.h"
#include "format/region/bitmap.h"
#include "vde/text.h"

namespace vde {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// JSON has no number for infinities and NaN.
Json real_json(Bytes bytes) {
  const double value = load_real(bytes);
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (bytes.size() != sizeof(float)) return value;
  // The shortest text that gives the same float, so that 0.1 is not shown as 0.10000000149.
  const std::string text = fmt::format("{}", static_cast<float>(value));
  double shortest = value;
  std::from_chars(text.data(), text.data() + text.size(), shortest);
  return shortest;
}

// "created_ticks" -> "created".
std::string without_ticks(std::string_view ticks_name) {
  constexpr std::string_view kSuffix = "_ticks";
  return std::string(ticks_name.ends_with(kSuffix)
                         ? ticks_name.substr(0, ticks_name.size() - kSuffix.size())
                         : ticks_name);
}

// Null for "never" and for ticks outside the calendar.
Json time_text(Ticks time) {
  const std::string text = to_string(time);
  return text.ends_with('Z') ? Json(text) : Json(nullptr);
}

Json time_seconds(Ticks time) {
  return time_text(time).is_null() ? Json(nullptr) : Json(to_unix_seconds(time));
}

}  // namespace

void put_text(Json& object, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes))
    object[name] = bytes;
  else
    object[name + "_base64"] = to_base64(bytes_of(bytes));
}

void put_time(Json& object, const std::string& name, Ticks time) {
  object[name] = time_text(time);
  object[name + "_ticks"] = time.value;
  object[name + "_unix"] = time_seconds(time);
}

void put_field(Json& object, const Field& field, Bytes structure) {
  const Bytes bytes = structure.subspan(field.offset, field.width);
  const std::string name(field.name);
  switch (field.kind) {
    case FieldKind::kUnsigned:
      if (field.width == 8 && field.name.ends_with("checksum"))
        object[name] = fmt::format("{:016x}", load_unsigned(bytes));
      else
        object[name] = load_unsigned(bytes);
      break;
    case FieldKind::kSigned:
      object[name] = load_signed(bytes);
      break;
    case FieldKind::kReal:
      object[name] = real_json(bytes);
      break;
    case FieldKind::kTicks: {
      const Ticks time{load_signed(bytes)};
      const std::string base = without_ticks(field.name);
      object[name] = time.value;
      // The name "ticks" alone is taken by the number.
      object[base == name ? base + "_time" : base] = time_text(time);
      object[base + "_unix"] = time_seconds(time);
      break;
    }
    case FieldKind::kGuid: {
      Guid guid;
      std::copy_n(bytes.begin(), guid.bytes.size(), guid.bytes.begin());
      object[name] = to_string(guid);
      break;
    }
    case FieldKind::kBlockType:
      object[name] = to_string(BlockType{static_cast<uint32_t>(load_unsigned(bytes))});
      break;
    case FieldKind::kText: {
      const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      const size_t end = std::min(all.find_last_not_of('\0') + 1, all.size());
      put_text(object, name, all.substr(0, end));
      break;
    }
    case FieldKind::kBytes:
      object[name] = to_hex(bytes);
      break;
  }
}

void StructureBuilder::append(std::string_view name, uint32_t offset, uint32_t width,
                              const Json& values) {
  Json field;
  field["name"] = name;
  field["offset"] = at_ + offset;
  field["width"] = width;
  // "value", or "value_base64" if the name says so.
  const bool is_base64 = values.begin().key() == std::string(name) + "_base64";
  field[is_base64 ? "value_base64" : "value"] = values.begin().value();
  // The text of a time.
  if (values.size() > 1) field["text"] = std::next(values.begin()).value();
  fields_.push_back(std::move(field));
  // Appended to the underlying list, because adding by name compares all existing names.
  auto& all = values_.get_ref<Json::object_t&>();
  for (const auto& [key, value] : values.items()) all.push_back({key, value});
}

void StructureBuilder::add_fields(std::span<const Field> fields, Bytes bytes) {
  for (const Field& field : fields) {
    if (field.offset + field.width > bytes.size()) continue;
    Json values;
    put_field(values, field, bytes);
    append(field.name, field.offset, field.width, values);
  }
}

void StructureBuilder::add(std::string_view name, uint32_t offset, uint32_t width, Json value) {
  append(name, offset, width, Json{{std::string(name), std::move(value)}});
}

void StructureBuilder::add_text(std::string_view name, uint32_t offset, std::string_view bytes) {
  Json values;
  put_text(values, std::string(name), bytes);
  append(name, offset, static_cast<uint32_t>(bytes.size()), values);
}

void StructureBuilder::add_bits(const std::string& name, uint64_t first, Bytes payload) {
  const uint64_t bits = payload.size() * 8;
  const auto width = static_cast<uint32_t>(payload.size());
  add("first_block", 0, 0, first);
  add(name, 0, width, count_bits(payload, 0, bits));
  Json runs = Json::array();
  for (uint64_t at = find_bit(payload, 0, bits, true); at < bits;) {
    const uint64_t end = find_bit(payload, at, bits, false);
    runs.push_back(Json::array({first + at, first + end - 1}));
    at = find_bit(payload, end, bits, true);
  }
  add(name + "_runs", 0, width, std::move(runs));
}

Json StructureBuilder::build() && {
  return Json{{"name", name_},
              {"offset", at_},
              {"fields", std::move(fields_)},
              {"values", std::move(values_)}};
}

Json as_entry(Json structure) {
  structure["entry"] = true;
  return structure;
}

Json take_entries(Json& structures) {
  Json entries = Json::array();
  for (Json& structure : structures) {
    if (structure.erase("entry") == 0) continue;
    const Json& values = structure["values"];
    const auto& name = structure["name"].get_ref<const std::string&>();
    const size_t digits = name.find_last_not_of("0123456789") + 1;
    Json entry = Json::object();
    if (digits < name.size() && !values.contains("index"))
      entry["index"] = std::stoull(name.substr(digits));
    auto& members = entry.get_ref<Json::object_t&>();
    for (const auto& [key, value] : values.items()) members.push_back({key, value});
    entries.push_back(std::move(entry));
  }
  return entries;
}

Json undecodable(const Error& reason, uint32_t at) {
  StructureBuilder builder("undecodable", at);
  builder.add("reason", 0, 0, reason.message);
  return std::move(builder).build();
}

}  // namespace vde
