// Text for people, made from the JSON values that programs get.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "vde/inspect.h"
#include "vde/text.h"

namespace vde {
namespace {

// A JSON value as one word or line: text without quotes and escaped, lists with commas.
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

// A tag comes printable already, with what is not printable in it escaped.
std::string plain_tag(const Json& tag) {
  return tag.get<std::string>();
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

// The bits of a word by name behind its number, "4232 (tags, compute, snapshot)".
std::string with_names(const Json& object, const std::string& name) {
  const Json& names = object[name + "_names"];
  const std::string number = plain(object[name]);
  return names.empty() ? number : fmt::format("{} ({})", number, plain(names));
}

std::string regions_table(const Json& regions) {
  Table table({"slot", "tag", "flags", "start", "count", "used", "state"});
  for (const Json& region : regions)
    table.add({plain(region["slot"]), plain_tag(region["tag"]), plain(region["flags_names"]),
               plain(region["start"]), plain(region["count"]), plain(region["used"]),
               plain(region["state"])});
  return table.text();
}

std::string text_field(const Json& object, const std::string& name) {
  if (object.contains(name)) return plain(object[name]);
  return "base64 " + plain(object[name + "_base64"]);
}

std::string superblock_lines(const Json& superblock) {
  std::string text;
  text += line("uuid", plain(superblock["uuid"]));
  text += line("label", text_field(superblock, "label"));
  text += line("modules", with_names(superblock, "module_manifest"));
  text += line("total blocks", plain(superblock["total_blocks"]));
  text += line("free blocks", plain(superblock["free_blocks"]));
  text += line("allocated blocks", plain(superblock["total_allocated_blocks"]));
  text += line("expected file size", plain(superblock["expected_file_size"]) + " bytes");
  text += line("inode size", plain(superblock["inode_size"]) + " bytes");
  text += line("created", plain(superblock["created"]));
  text += line("modified", plain(superblock["modified"]));
  text += line("checkpoint sequence", plain(superblock["checkpoint_sequence"]));
  for (const char* word :
       {"incompatible_features", "readonly_compatible_features", "compatible_features"}) {
    std::string name = word;
    std::replace(name.begin(), name.end(), '_', ' ');
    name.resize(name.size() - std::string_view(" features").size());
    text += line(name, with_names(superblock, word));
  }
  return text;
}

std::string owner_line(const Json& owner) {
  if (owner.is_null()) return "owner: none, no region covers it";
  return fmt::format("owner: {}{} (slot {}), block {} of {}",
                     owner["data_area"].get<bool>() ? "the data area " : "",
                     plain_tag(owner["region"]), plain(owner["slot"]), plain(owner["index"]),
                     plain(owner["blocks"]));
}

std::string trailer_line(const Json& block) {
  const Json& trailer = block["trailer"];
  std::string text =
      fmt::format("trailer: tag {}, generation {}, checksum {}: {}", plain_tag(trailer["tag"]),
                  plain(trailer["generation"]), plain(trailer["checksum"]), plain(block["state"]));
  if (block["state"] == "bad checksum")
    text += fmt::format(" (the payload has {})", plain(trailer["computed_checksum"]));
  if (!trailer["tag_fits"].get<bool>() && block["state"] != "unwritten")
    text += ", the tag does not fit the region";
  return text;
}

std::string field_line(const Json& field) {
  std::string value = field["name"] == "tag" ? plain_tag(field["value"]) : plain(field["value"]);
  if (field.contains("text")) value += fmt::format("  ({})", plain(field["text"]));
  return fmt::format("  {:#06x} {:>4}  {:<30} {}\n", field["offset"].get<uint64_t>(),
                     plain(field["width"]), plain(field["name"]), value);
}

// Bytes of a payload that no field covers, and what stands around them.
std::string gap_line(const Json& gap) {
  const auto structure = [](const Json& name, std::string_view otherwise) {
    return name.is_null() ? std::string(otherwise) : plain(name);
  };
  return fmt::format("  no field covers it: bytes {:#06x} to {:#06x}, from {} to {}, {}\n",
                     gap["begin"].get<uint64_t>(), gap["end"].get<uint64_t>() - 1,
                     structure(gap["after"], "the payload's start"),
                     structure(gap["before"], "its end"),
                     gap["zero"].get<bool>() ? "all zero" : "not all zero");
}

}  // namespace

std::string info_text(const Json& info) {
  std::string text;
  if (info.contains("image")) text += line("image", plain(info["image"]));
  text += line("file size", describe_size(info["file_size"].get<uint64_t>()));
  text += line("block size", plain(info["block_size"]) + " bytes");
  text += line("superblock from", plain(info["superblock_source"]));
  text +=
      line("superblock groups", fmt::format("primary {}, mirror {}", plain(info["primary_group"]),
                                            plain(info["mirror_group"])));
  text += line("directory", plain(info["directory"]));
  if (!info["superblock"].is_null()) text += superblock_lines(info["superblock"]);
  const Json& counts = info["counts"];
  text += line("counts", fmt::format("tags {}, snapshots {}, modules {}", plain(counts["tags"]),
                                     plain(counts["snapshots"]), plain(counts["modules"])));
  text += line("regions from", plain(info["slot_source"]));
  return text + regions_table(info["regions"]);
}

std::string regions_text(const Json& regions) {
  std::string text = fmt::format("regions from the {}\n", plain(regions["slot_source"]));
  text += regions_table(regions["regions"]);
  for (const Json& table : regions["tables"]) {
    text += fmt::format("{} (block {}): {}\n", plain(table["table"]), plain(table["block"]),
                        table["verified"].get<bool>() ? "ok" : "does not verify");
    Table rows({"slot", "tag", "flags", "start", "count", "used"});
    for (const Json& slot : table["slots"])
      rows.add({plain(slot["slot"]), plain_tag(slot["tag"]), plain(slot["flags"]),
                plain(slot["start"]), plain(slot["count"]), plain(slot["used"])});
    text += rows.text();
  }
  return text;
}

std::string block_text(const Json& block) {
  std::string text =
      fmt::format("block {} at byte {}\n  {}\n  {}\n", plain(block["block"]),
                  plain(block["offset"]), owner_line(block["owner"]), trailer_line(block));
  if (!block["verified"].get<bool>() && block["state"] != "unwritten")
    text += "  NOT VERIFIED: what follows comes from bytes that nothing vouches for\n";
  for (const Json& structure : block["structures"]) {
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
  std::string text = fmt::format("byte {} is {:#04x}: byte {} of block {}, in its {}\n  {}\n  {}\n",
                                 plain(explanation["byte"]), explanation["value"].get<unsigned>(),
                                 plain(explanation["offset_in_block"]), plain(explanation["block"]),
                                 plain(explanation["part"]), owner_line(explanation["owner"]),
                                 trailer_line(explanation));
  if (!explanation["verified"].get<bool>() && explanation["state"] != "unwritten")
    text += "  NOT VERIFIED: nothing vouches for the bytes of this block\n";
  if (explanation["covered_by"] == "nothing") text += "  no checksum covers this byte\n";
  const Json& field = explanation["field"];
  if (field.is_null()) return text + gap_line(explanation["gap"]);
  text += fmt::format("  {}\n", plain(field["structure"])) + field_line(field);
  if (field["width"] > 1)
    text += fmt::format("  it is byte {} of the field's {}\n", plain(field["byte"]),
                        plain(field["width"]));
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
