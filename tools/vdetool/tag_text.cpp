#include "tag_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "tag_json.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

tl::unexpected<Error> wrong_columns() {
  return fail(ErrorCode::kUsage,
              "expected 3 or 4 tab-separated columns (inode, key, value[, block])");
}

// `text` itself if it has no escapes, else its bytes in `storage`.
Result<std::string_view> unescape_column(std::string_view text, char separator,
                                         std::string& storage) {
  const bool has_separator = separator != '\0' && text.find(separator) != std::string_view::npos;
  if (!has_separator && text.find('\\') == std::string_view::npos) return text;
  storage.clear();
  VDE_TRY(append_unescaped(storage, text, separator));
  return std::string_view(storage);
}

void append_number(std::string& text, int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

}  // namespace

Result<int64_t> parse_integer(std::string_view text, std::string_view what) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range && stop == end)
    return fail(ErrorCode::kUsage,
                fmt::format("{} '{}' is out of range (signed 64-bit integer)", what, escape(text)));
  if (error != std::errc{} || stop != end)
    return fail(ErrorCode::kUsage,
                fmt::format("invalid {} '{}' (expected a decimal number)", what, escape(text)));
  return number;
}

Result<char> parse_separator(std::string_view text) {
  if (text.empty()) return '\0';
  const char c = text[0];
  if (text.size() != 1 || c < 0x20 || c >= 0x7f || c == '\\' || c == '=')
    return fail(ErrorCode::kUsage, fmt::format("invalid separator '{}'", escape(text)),
                "use one printable ASCII character other than '\\' and '='");
  return c;
}

Result<std::string> parse_key(std::string_view text, char separator) {
  std::string key;
  VDE_TRY(append_unescaped(key, text, separator));
  return key;
}

Result<TagEntry> parse_assignment(std::string_view text, char separator) {
  size_t end = 0;
  while (end < text.size() && text[end] != '=') end += text[end] == '\\' ? size_t{2} : 1;
  end = std::min(end, text.size());
  TagEntry entry;
  VDE_TRY(append_unescaped(entry.key, text.substr(0, end), separator));
  if (end < text.size()) VDE_TRY(append_unescaped(entry.value, text.substr(end + 1)));
  return entry;
}

void append_tag_line(std::string& text, const TagView& entry, TagFormat format, char separator) {
  if (format == TagFormat::kJsonl) {
    append_tag_json(text, entry);
    text += '\n';
    return;
  }
  append_number(text, entry.inode);
  text += '\t';
  append_escaped(text, entry.key, separator);
  text += '\t';
  append_escaped(text, entry.value);
  if (entry.block != 0) {
    text += '\t';
    append_number(text, entry.block);
  }
  text += '\n';
}

void append_tag_columns(std::string& text, const TagView& entry, char separator, bool is_first) {
  if (is_first) text += fmt::format("{:>10}  {:<24}  {}\n", "INODE", "KEY", "VALUE");
  std::string key;
  append_escaped(key, entry.key, separator);
  text += fmt::format("{:>10}  {:<24}  {}", entry.inode, key, escape(entry.value));
  if (entry.block != 0) text += fmt::format("  (block {})", entry.block);
  text += '\n';
}

Result<TagView> TagLineParser::parse(std::string_view line) {
  return format_ == TagFormat::kTsv ? parse_tsv(line) : parse_json(line);
}

Result<TagView> TagLineParser::parse_tsv(std::string_view line) {
  std::array<std::string_view, 4> columns;
  size_t count = 0;
  for (std::string_view rest = line;; ++count) {
    if (count == columns.size()) return wrong_columns();
    const size_t tab = rest.find('\t');
    columns[count] = rest.substr(0, tab);
    if (tab == std::string_view::npos) break;
    rest.remove_prefix(tab + 1);
  }
  if (++count < 3) return wrong_columns();
  TagView entry;
  VDE_TRY_ASSIGN(inode, parse_integer(columns[0], "inode"));
  VDE_TRY_ASSIGN(key, unescape_column(columns[1], separator_, key_));
  VDE_TRY_ASSIGN(value, unescape_column(columns[2], '\0', value_));
  if (count == 4) {
    VDE_TRY_ASSIGN(block, parse_integer(columns[3], "block"));
    entry.block = block;
  }
  entry.inode = inode;
  entry.key = key;
  entry.value = value;
  return entry;
}

Result<TagView> TagLineParser::parse_json(std::string_view line) {
  return parse_tag_json(line, key_, value_);
}

}  // namespace vde::cli
