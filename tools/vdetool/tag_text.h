// Tags as text: numbers, KEY=VALUE arguments, and the line formats TSV and JSONL.
#pragma once

#include <string>
#include <string_view>

#include "vde/error.h"
#include "vde/tag_types.h"

namespace vde::cli {

enum class TagFormat { kTsv, kJsonl };

// Parses a decimal number. kUsage for anything else; the message names `what`.
[[nodiscard]] Result<int64_t> parse_integer(std::string_view text, std::string_view what);

// The character of --separator; '\0' for an empty text. kUsage for a character that is not allowed.
[[nodiscard]] Result<char> parse_separator(std::string_view text);

// A key as an argument; its escapes are decoded.
[[nodiscard]] Result<std::string> parse_key(std::string_view text, char separator);

// "KEY" or "KEY=VALUE": the key ends at the first `=` that is not part of an escape.
[[nodiscard]] Result<TagEntry> parse_assignment(std::string_view text, char separator);

// Appends a line for `entry` to `text`, including the line feed. TSV omits a block of 0.
void append_tag_line(std::string& text, const TagView& entry, TagFormat format, char separator);
// Appends a row for a terminal, after a heading if it is the first.
void append_tag_columns(std::string& text, const TagView& entry, char separator, bool is_first);

// Parses lines of one format; reuses its buffers.
class TagLineParser {
 public:
  TagLineParser(TagFormat format, char separator) : format_(format), separator_(separator) {}

  // Views into `line` or this parser, valid until the next call. kUsage for a line that is not a
  // tag.
  [[nodiscard]] Result<TagView> parse(std::string_view line);

 private:
  [[nodiscard]] Result<TagView> parse_tsv(std::string_view line);
  [[nodiscard]] Result<TagView> parse_json(std::string_view line);

  TagFormat format_;
  char separator_;
  std::string key_;
  std::string value_;
};

}  // namespace vde::cli
