#include "tag_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "vde/text.h"

namespace vde::cli {
namespace {

// As a JSON string: quotes, backslashes and control characters are escaped.
void append_json_string(std::string& text, std::string_view utf8) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  text += '"';
  size_t done = 0;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<uint8_t>(utf8[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    text.append(utf8, done, i - done);
    done = i + 1;
    text += '\\';
    if (c == '"' || c == '\\') {
      text += utf8[i];
    } else {
      text += "u00";
      text += kDigits[c >> 4];
      text += kDigits[c & 15];
    }
  }
  text.append(utf8, done);
  text += '"';
}

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x7f; });
}

void append_bytes(std::string& text, std::string_view name, std::string_view bytes) {
  text += '"';
  text += name;
  if (is_utf8(bytes)) {
    text += "\":";
    const size_t begin = text.size();
    append_json_string(text, bytes);
    if (!is_ascii(bytes)) text.replace(begin, std::string::npos, escape_json(text.substr(begin)));
    return;
  }
  text += "_base64\":\"";
  text += to_base64({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  text += '"';
}

void append_utf8(std::string& text, uint32_t character) {
  const auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xC0 | character >> 6);
    add(0x80 | (character & 63));
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    add(0x80 | (character >> 6 & 63));
    add(0x80 | (character & 63));
  } else {
    add(0xF0 | character >> 18);
    add(0x80 | (character >> 12 & 63));
    add(0x80 | (character >> 6 & 63));
    add(0x80 | (character & 63));
  }
}

// Removes the digits at the start of `text`; false if there are none.
bool skip_digits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count > 0;
}

// Whether JSON allows `word` as a number: no leading zeros, no plus sign, digits around the point.
bool is_json_number(std::string_view word) {
  if (word.starts_with('-')) word.remove_prefix(1);
  const bool has_zero = word.starts_with('0');
  const size_t before = word.size();
  if (!skip_digits(word) || (has_zero && before - word.size() > 1)) return false;
  if (word.starts_with('.')) {
    word.remove_prefix(1);
    if (!skip_digits(word)) return false;
  }
  if (word.starts_with('e') || word.starts_with('E')) {
    word.remove_prefix(1);
    if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
    if (!skip_digits(word)) return false;
  }
  return word.empty();
}

// Reads a JSON text token by token. Each function returns false if the text starts with something
// else.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : left_(text) { skip_space(); }

  [[nodiscard]] bool is_at_end() const { return left_.empty(); }

  [[nodiscard]] bool is_at(char token) const { return left_.starts_with(token); }

  bool take(char token) {
    if (!left_.starts_with(token)) return false;
    left_.remove_prefix(1);
    skip_space();
    return true;
  }

  // A whole number.
  bool take_number(int64_t& number) {
    const std::string_view digits = left_.substr(left_.starts_with('-') ? 1 : 0);
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), number);
    if (error != std::errc{} || (digits[0] == '0' && digits.data() + 1 != end)) return false;
    left_.remove_prefix(static_cast<size_t>(end - left_.data()));
    if (!left_.empty() && (left_[0] == '.' || left_[0] == 'e' || left_[0] == 'E')) return false;
    skip_space();
    return true;
  }

  // A string; its escapes are decoded. If it returns false, problem() says why.
  bool take_string(std::string& text) {
    text.clear();
    if (!left_.starts_with('"')) return fails("must be a string");
    left_.remove_prefix(1);
    while (true) {
      const size_t plain = plain_length();
      text.append(left_, 0, plain);
      left_.remove_prefix(plain);
      if (left_.empty()) return fails("has no closing quote");
      if (left_[0] == '"') break;
      if (left_[0] != '\\') return fails("contains a control character that is not escaped");
      if (!take_escape(text))
        return fails("contains an invalid escape sequence or half a surrogate pair");
    }
    left_.remove_prefix(1);
    skip_space();
    return is_utf8(text) || fails("is not UTF-8; bytes are written as Base64 in NAME_base64");
  }

  // A string, or the text of a number or a boolean. If it returns false, problem() says why.
  bool take_text(std::string& text) {
    if (left_.starts_with('"')) return take_string(text);
    const std::string_view word = left_.substr(0, left_.find_first_of(",}] \t\r\n"));
    if (word != "true" && word != "false" && !is_json_number(word))
      return fails("must be a string, a number or a boolean");
    text = word;
    left_.remove_prefix(word.size());
    skip_space();
    return true;
  }

  // What is wrong with the last string.
  [[nodiscard]] const char* problem() const { return problem_; }

 private:
  bool fails(const char* problem) {
    problem_ = problem;
    return false;
  }

  void skip_space() {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size()));
  }

  [[nodiscard]] size_t plain_length() const {
    size_t length = 0;
    while (length < left_.size() && static_cast<uint8_t>(left_[length]) >= 0x20 &&
           left_[length] != '"' && left_[length] != '\\')
      ++length;
    return length;
  }

  bool take_escape(std::string& text) {
    static constexpr std::string_view kKinds = "\"\\/bfnrt";
    static constexpr std::string_view kCharacters = "\"\\/\b\f\n\r\t";
    if (left_.size() < 2) return false;
    if (left_[1] == 'u') return take_unicode(text);
    const size_t kind = kKinds.find(left_[1]);
    if (kind == std::string_view::npos) return false;
    text += kCharacters[kind];
    left_.remove_prefix(2);
    return true;
  }

  // \uXXXX, or a surrogate pair of them.
  bool take_unicode(std::string& text) {
    const auto first = take_unit();
    if (!first) return false;
    uint32_t character = *first;
    if (character >= 0xD800 && character < 0xDC00) {
      const auto second = take_unit();
      if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
      character = 0x10000 + ((character - 0xD800) << 10) + (*second - 0xDC00);
    } else if (character >= 0xDC00 && character <= 0xDFFF) {
      return false;
    }
    append_utf8(text, character);
    return true;
  }

  std::optional<uint32_t> take_unit() {
    if (left_.size() < 6 || !left_.starts_with("\\u")) return std::nullopt;
    uint32_t unit = 0;
    const char* const end = left_.data() + 6;
    if (std::from_chars(left_.data() + 2, end, unit, 16).ptr != end) return std::nullopt;
    left_.remove_prefix(6);
    return unit;
  }

  std::string_view left_;
  const char* problem_ = "";
};

tl::unexpected<Error> bad_line(std::string what) {
  return fail(ErrorCode::kUsage, std::move(what));
}

tl::unexpected<Error> not_an_object() {
  return bad_line(
      R"(expected a JSON object: {"inode": NUMBER, "key": TEXT, "value": TEXT, "block": NUMBER})");
}

// Reads the members of one object.
class TagMembers {
 public:
  TagMembers(std::string& key, std::string& value) : key_(key), value_(value) {
    key_.clear();
    value_.clear();
  }

  Result<void> take(JsonScanner& scanner) {
    if (!scanner.is_at('"')) return not_an_object();
    if (!scanner.take_string(name_))
      return bad_line(fmt::format("a member's name {}", scanner.problem()));
    if (!scanner.take(':')) return not_an_object();
    if (name_ == "inode") return take_number(scanner, inode_);
    if (name_ == "block") return take_number(scanner, block_);
    if (name_ == "key") return take_text(scanner, key_, has_key_, false);
    if (name_ == "value") return take_text(scanner, value_, has_value_, false);
    if (name_ == "key_base64") return take_text(scanner, key_, has_key_, true);
    if (name_ == "value_base64") return take_text(scanner, value_, has_value_, true);
    return bad_line(fmt::format("unknown member '{}'", escape(name_)));
  }

  [[nodiscard]] Result<TagView> tag() const {
    if (!inode_) return bad_line("'inode' is missing");
    if (!has_key_) return bad_line("'key' is missing");
    return TagView{key_, value_, *inode_, block_.value_or(0)};
  }

 private:
  Result<void> take_number(JsonScanner& scanner, std::optional<int64_t>& number) {
    if (number) return bad_line(fmt::format("'{}' occurs twice", name_));
    if (!scanner.take_number(number.emplace()))
      return bad_line(fmt::format("'{}' must be a 64-bit integer", name_));
    return {};
  }

  Result<void> take_text(JsonScanner& scanner, std::string& text, bool& has_text, bool is_base64) {
    if (has_text) return bad_line(fmt::format("'{}' occurs twice", name_));
    has_text = true;
    if (!(is_base64 ? scanner.take_string(text) : scanner.take_text(text)))
      return bad_line(fmt::format("'{}' {}", name_, scanner.problem()));
    if (!is_base64) return {};
    const auto bytes = from_base64(text);
    if (!bytes) return bad_line(fmt::format("'{}' is not valid Base64", name_));
    text = *bytes;
    return {};
  }

  std::string name_;
  std::string& key_;
  std::string& value_;
  bool has_key_ = false;
  bool has_value_ = false;
  std::optional<int64_t> inode_;
  std::optional<int64_t> block_;
};

}  // namespace

void append_tag_json(std::string& text, const TagView& entry) {
  text += "{\"inode\":";
  text += fmt::format_int(entry.inode).c_str();
  text += ',';
  append_bytes(text, "key", entry.key);
  text += ',';
  append_bytes(text, "value", entry.value);
  text += ",\"block\":";
  text += fmt::format_int(entry.block).c_str();
  text += '}';
}

Result<TagView> parse_tag_json(std::string_view line, std::string& key, std::string& value) {
  JsonScanner scanner(line);
  TagMembers members(key, value);
  if (!scanner.take('{')) return not_an_object();
  if (!scanner.take('}')) {
    do {
      VDE_TRY(members.take(scanner));
    } while (scanner.take(','));
    if (!scanner.take('}')) return not_an_object();
  }
  if (!scanner.is_at_end()) return bad_line("unexpected text after the JSON object");
  return members.tag();
}

}  // namespace vde::cli
