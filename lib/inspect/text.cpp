// Text for people, made from the JSON values.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "vde/inspect.h"
#include "vde/text.h"

namespace vde {
namespace {

// A JSON value on one line: text escaped and without quotes, lists with commas.
std::string plain(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return escape(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& item : value) {
    if (!text.empty()) text += ", ";
    const bool is_run = item.is_array() && item.size() == 2;
    text += is_run ? plain(item[0]) + "-" + plain(item[1]) : plain(item);
  }
  return text;
}

// The text `name`, or the bytes `name`_base64.
std::string text_field(const Json& object, const std::string& name) {
  if (object.contains(name)) return plain(object[name]);
  return escape(from_base64(object[name + "_base64"].get<std::string>()).value_or(""));
}

std::string time_field(const Json& object, const std::string& name) {
  return to_string(Ticks{object[name + "_ticks"].get<int64_t>()});
}

// A block type is already escaped.
std::string plain_type(const Json& type) {
  return type.get<std::string>();
}

// Rows of cells as aligned columns; numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  [[nodiscard]] std::string text() const {
    std::vector<size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : rows_) {
      std::string line = " ";
      for (size_t i = 0; i < row.size(); ++i)
        line += is_number_column(i) ? fmt::format(" {:>{}}", row[i], widths[i])
                                    : fmt::format(" {:<{}}", row[i], widths[i]);
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
  }

 private:
  [[nodiscard]] bool is_number_column(size_t column) const {
    return std::all_of(rows_.begin() + 1, rows_.end(), [&](const auto& row) {
      return !row[column].empty() &&
             row[column].find_first_not_of("0123456789-") == std::string::npos;
    });
  }

  std::vector<std::vector<std::string>> rows_;
};

std::string line(std::string_view name, std::string_view value) {
  return fmt::format("{:<22} {}\n", name, value);
}

// The names of the set bits of a word, "tags, compute, snapshot (0x1088)".
std::string bits_text(const Json& object, const std::string& name) {
  const Json& names = object[name + "_names"];
  if (names.empty()) return "none";
  return fmt::format("{} ({:#x})", plain(names), object[name].get<uint32_t>());
}

std::string regions_table(const Json& regions) {
  Table table({"slot", "type", "flags", "start", "count", "used", "state"});
  for (const Json& region : regions)
    table.add({plain(region["slot"]), plain_type(region["tag"]), plain(region["flags_names"]),
               plain(region["start"]), plain(region["count"]), plain(region["used"]),
               plain(region["state"])});
  return table.text();
}

std::string superblock_lines(const Json& superblock) {
  std::string text;
  text += line("uuid", plain(superblock["uuid"]));
  text += line("label", text_field(superblock, "label"));
  text += line("modules", bits_text(superblock, "module_manifest"));
  text += line("total blocks", plain(superblock["total_blocks"]));
  text += line("free blocks", plain(superblock["free_blocks"]));
  text += line("allocated blocks", plain(superblock["total_allocated_blocks"]));
  text += line("expected file size", plain(superblock["expected_file_size"]) + " bytes");
  text += line("inode size", plain(superblock["inode_size"]) + " bytes");
  text += line("created", time_field(superblock, "created"));
  text += line("modified", time_field(superblock, "modified"));
  text += line("checkpoint sequence", plain(superblock["checkpoint_sequence"]));
  bool has_features = false;
  for (const char* kind : {"incompatible", "readonly compatible", "compatible"}) {
    std::string key = fmt::format("{} features", kind);
    std::replace(key.begin(), key.end(), ' ', '_');
    if (superblock[key] == 0) continue;
    has_features = true;
    text += line(kind, bits_text(superblock, key));
  }
  if (!has_features) text += line("features", "none");
  return text;
}

std::string owner_line(const Json& owner) {
  if (owner.is_null()) return "owner: none (not in any region)";
  return fmt::format("owner: {}{} (slot {}), block {} of {}",
                     owner["data_area"].get<bool>() ? "the data area " : "",
                     plain_type(owner["region"]), plain(owner["slot"]), plain(owner["index"]),
                     plain(owner["blocks"]));
}

std::string trailer_line(const Json& block) {
  const Json& trailer = block["trailer"];
  std::string text =
      fmt::format("trailer: type {}, generation {}, checksum {}: {}", plain_type(trailer["tag"]),
                  plain(trailer["generation"]), plain(trailer["checksum"]), plain(block["state"]));
  if (block["state"] == "bad checksum")
    text += fmt::format(" (the payload has {})", plain(trailer["computed_checksum"]));
  if (!trailer["tag_fits"].get<bool>() && block["state"] != "unwritten")
    text += ", the type does not match the region";
  return text;
}

std::string field_line(const Json& field) {
  std::string value =
      field["name"] == "tag" ? plain_type(field["value"]) : text_field(field, "value");
  if (field.contains("text"))
    value += fmt::format("  ({})", to_string(Ticks{field["value"].get<int64_t>()}));
  return fmt::format("  {:#06x} {:>4}  {:<30} {}\n", field["offset"].get<uint64_t>(),
                     plain(field["width"]), plain(field["name"]), value);
}

// A tag of a leaf, or a child of an inner node, on one line; empty for other structures.
std::string tag_row(const Json& structure) {
  const Json& values = structure["values"];
  if (structure["fields"].empty()) return {};
  const auto at = structure["fields"][0]["offset"].get<uint64_t>();
  if (values.contains("inode") && values.contains("value_length")) {
    std::string row = fmt::format("  {:#06x}  inode {:<6} {} = {}", at, plain(values["inode"]),
                                  text_field(values, "key"), text_field(values, "value"));
    if (values["block"] != 0) row += fmt::format("  (block {})", plain(values["block"]));
    return row + "\n";
  }
  if (!values.contains("child")) return {};
  std::string row = values.contains("child_block")
                        ? fmt::format("  {:#06x}  child block {}", at, plain(values["child_block"]))
                        : fmt::format("  {:#06x}  child {}", at, plain(values["child"]));
  if (values.contains("separator_length"))
    row += fmt::format(", keys before {}", text_field(values, "separator"));
  return row + "\n";
}

// "module 3951.. (id 8c44..), byte 96 of 122".
std::string user_line(const Json& user) {
  std::string text = fmt::format("  used by: {} ", plain(user["kind"]));
  if (user["kind"] == "snapshot") {
    text += fmt::format("{} (its inode table)", plain(user["id"]));
    const std::string label = text_field(user, "label");
    return text + (label.empty() ? "" : ", label " + label) + "\n";
  }
  text += user["kind"] == "module"
              ? fmt::format("{} (id {})", plain(user["hash"]), plain(user["id"]))
              : plain(user["id"]);
  return text + (user["byte"].is_null()
                     ? std::string(", after its last byte\n")
                     : fmt::format(", byte {} of {}\n", plain(user["byte"]), plain(user["size"])));
}

// The members by which an entry of a table is known, on one line.
std::string entry_line(const Json& entry) {
  if (entry.is_null()) return {};
  std::string text;
  for (const char* name : {"hash", "id", "label", "entry_point", "inode", "key", "value", "tag"}) {
    const std::string base64 = std::string(name) + "_base64";
    if (!entry.contains(name) && !entry.contains(base64)) continue;
    const std::string value =
        std::string_view(name) == "tag" ? plain_type(entry[name]) : text_field(entry, name);
    if (!value.empty()) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  }
  return text.empty() ? text : fmt::format("  of the {} with {}\n", plain(entry["name"]), text);
}

// A range of payload bytes that no field covers.
std::string gap_line(const Json& gap) {
  return fmt::format("  not part of any field: unused payload {:#06x}-{:#06x}, {}\n",
                     gap["begin"].get<uint64_t>(), gap["end"].get<uint64_t>() - 1,
                     gap["zero"].get<bool>() ? "all zero" : "not all zero");
}

// A warning above values from a block that is not intact, or an empty text.
std::string unverified_line(const Json& block) {
  if (block["verified"].get<bool>() || block["state"] == "unwritten") return {};
  const bool no_trailer = block["state"] == "no trailer";
  return fmt::format("  NOT VERIFIED: {}; the values below may be wrong\n",
                     no_trailer ? "the block has no trailer" : "the checksum does not match");
}

// "tags 3, snapshots unreadable": the counts of the tables that the image has.
std::string counts_text(const Json& info) {
  constexpr std::pair<const char*, const char*> kTables[] = {
      {"tags", "TAGI"}, {"snapshots", "SNAP"}, {"modules", "CODE"}};
  std::string text;
  for (const auto& [name, type] : kTables) {
    const Json& regions = info["regions"];
    if (std::none_of(regions.begin(), regions.end(),
                     [type = type](const Json& region) { return region["tag"] == type; }))
      continue;
    const Json& count = info["counts"][name];
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        count.is_null() ? "unreadable" : plain(count));
    const Json& deleted = info["counts"]["snapshots_deleted"];
    if (name == kTables[1].first && !deleted.is_null() && deleted != 0)
      text += fmt::format(" ({} deleted)", plain(deleted));
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string info_text(const Json& info) {
  std::string text;
  if (info.contains("image") || info.contains("image_base64"))
    text += line("image", text_field(info, "image"));
  text += line("file size", describe_size(info["file_size"].get<uint64_t>()));
  text += line("block size", plain(info["block_size"]) + " bytes");
  text += line("superblock from", plain(info["superblock_source"]));
  text +=
      line("superblock groups", fmt::format("primary {}, mirror {}", plain(info["primary_group"]),
                                            plain(info["mirror_group"])));
  text += line("directory", plain(info["directory"]));
  if (!info["superblock"].is_null()) text += superblock_lines(info["superblock"]);
  text += line("counts", counts_text(info));
  text += line("regions from", plain(info["slot_source"]));
  return text + regions_table(info["regions"]);
}

std::string regions_text(const Json& regions) {
  std::string text = fmt::format("regions from the {}\n", plain(regions["slot_source"]));
  text += regions_table(regions["regions"]);
  for (const Json& table : regions["tables"]) {
    text += fmt::format("{} (block {}): {}\n", plain(table["table"]), plain(table["block"]),
                        table["verified"].get<bool>() ? "ok" : "damaged");
    Table rows({"slot", "type", "flags", "start", "count", "used"});
    for (const Json& slot : table["slots"])
      rows.add({plain(slot["slot"]), plain_type(slot["tag"]), plain(slot["flags"]),
                plain(slot["start"]), plain(slot["count"]), plain(slot["used"])});
    text += rows.text();
  }
  return text;
}

namespace {

// Whether a key fits the seal or signature in a block.
std::string key_line(const Json& block) {
  const auto fits = block.find("key_fits");
  if (fits == block.end()) return {};
  if (fits->is_null()) return "  nothing here is sealed or signed\n";
  return fits->get<bool>() ? "  the key fits\n" : "  NO KEY FITS: another key, or changed bytes\n";
}

}  // namespace

std::string block_text(const Json& block) {
  std::string text =
      fmt::format("block {} (offset {:#x})\n  {}\n  {}\n", plain(block["block"]),
                  block["offset"].get<uint64_t>(), owner_line(block["owner"]), trailer_line(block));
  text += unverified_line(block);
  text += key_line(block);
  const bool is_index = block["decoded_as"] == "TAGI" || block["decoded_as"] == "BTRE";
  for (const Json& structure : block["structures"]) {
    const std::string row = is_index ? tag_row(structure) : std::string{};
    if (!row.empty()) {
      text += row;
      continue;
    }
    text += fmt::format("  {}\n", plain(structure["name"]));
    for (const Json& field : structure["fields"]) text += field_line(field);
  }
  if (block.contains("payload"))
    text +=
        hex_dump(block["offset"].get<uint64_t>(),
                 from_hex(block["payload"].get<std::string>()).value_or(std::vector<uint8_t>{}));
  return text;
}

std::string offset_text(const Json& explanation) {
  std::string text = fmt::format("byte {} = {:#04x}, offset {} in block {} ({})\n  {}\n  {}\n",
                                 plain(explanation["byte"]), explanation["value"].get<unsigned>(),
                                 plain(explanation["offset_in_block"]), plain(explanation["block"]),
                                 plain(explanation["part"]), owner_line(explanation["owner"]),
                                 trailer_line(explanation));
  text += unverified_line(explanation);
  for (const Json& user : explanation["users"]) text += user_line(user);
  if (explanation["covered_by"] == "nothing") text += "  not covered by the checksum\n";
  const Json& field = explanation["field"];
  // The bytes of a module are in no field.
  if (field.is_null())
    return explanation["users"].empty() ? text + gap_line(explanation["gap"]) : text;
  text += fmt::format("  {}\n", plain(field["structure"])) + field_line(field);
  text += entry_line(explanation["entry"]);
  if (field["width"] > 1)
    text += fmt::format("  byte {} of {} of field '{}'\n", field["byte"].get<uint64_t>() + 1,
                        plain(field["width"]), plain(field["name"]));
  return text;
}

std::string hex_dump(uint64_t offset, Bytes bytes) {
  std::string text;
  std::string previous;
  bool skipping = false;
  for (size_t at = 0; at < bytes.size(); at += 16) {
    const Bytes row = bytes.subspan(at, std::min<size_t>(16, bytes.size() - at));
    std::string hex;
    std::string characters;
    for (size_t i = 0; i < row.size(); ++i) {
      hex += fmt::format("{}{:02x}", i == 8 ? "  " : " ", row[i]);
      characters += row[i] >= 0x20 && row[i] < 0x7f ? static_cast<char>(row[i]) : '.';
    }
    const bool last = at + 16 >= bytes.size();
    if (hex == previous && !last) {
      if (!skipping) text += "*\n";
      skipping = true;
      continue;
    }
    skipping = false;
    text += fmt::format("{:08x} {:<49}  |{}|\n", offset + at, hex, characters);
    previous = hex;
  }
  return text;
}

}  // namespace vde
