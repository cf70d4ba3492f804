// Tags as people and scripts write them: numbers, KEY=VALUE arguments, and the two formats of a
// line an entry, TSV and JSONL.
#pragma once

#include <string>
#include <string_view>

#include "vde/error.h"
#include "vde/tag_types.h"

namespace vde::cli {

enum class TagFormat { kTsv, kJsonl };

// A decimal number and nothing else; kUsage, naming `what`, for anything else.
[[nodiscard]] Result<int64_t> parse_integer(std::string_view text, std::string_view what);

// The character of --separator; '\0' for an empty text. kUsage for what cannot be one.
[[nodiscard]] Result<char> parse_separator(std::string_view text);

// A key as an argument, escapes undone.
[[nodiscard]] Result<std::string> parse_key(std::string_view text, char separator);

// "KEY" or "KEY=VALUE": the key ends at the first `=` that is not part of an escape.
[[nodiscard]] Result<TagEntry> parse_assignment(std::string_view text, char separator);

// Puts a line of `entry`, line feed included, behind `text`. TSV leaves a block of 0 out.
void append_tag_line(std::string& text, const TagView& entry, TagFormat format, char separator);

// Reads lines of one format, with memory that it uses again.
class TagLineParser {
 public:
  TagLineParser(TagFormat format, char separator) : format_(format), separator_(separator) {}

  // Views into `line` or this parser, valid until the next call. kUsage where it is no tag.
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
