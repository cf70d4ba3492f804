#include "vde/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "base/checked.h"

namespace vde {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Length in bytes of the UTF-8 character at the start of `text`, or 0 if there is none. Overlong
// forms, surrogates and code points above U+10FFFF are not UTF-8.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

// The code point of one valid UTF-8 character.
uint32_t code_point(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first;
  uint32_t value = first & (0x7fU >> character.size());
  for (const char byte : character.substr(1))
    value = value << 6 | (uint32_t{static_cast<uint8_t>(byte)} & 0x3f);
  return value;
}

// Characters that a terminal acts on, that break lines, or that change the direction of text: a
// name with them looks like another one. U+0080 to U+009F are control characters too.
bool is_control(std::string_view character) {
  const uint32_t code = code_point(character);
  const auto is_in = [&](uint32_t first, uint32_t last) { return code >= first && code <= last; };
  return code < 0x20 || is_in(0x7f, 0x9f) || code == 0x61c || is_in(0x200e, 0x200f) ||
         is_in(0x2028, 0x202e) || is_in(0x2066, 0x2069);
}

void append_hex_escape(std::string& text, char byte) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<uint8_t>(byte);
  text += "\\x";
  text += kDigits[value >> 4];
  text += kDigits[value & 15];
}

// Appends a character that may need an escape, or a byte that is not part of a character.
void append_unusual(std::string& text, std::string_view character, bool is_character,
                    char separator) {
  const char first = character[0];
  if (first == '\0' && separator != '\0')
    text += separator;
  else if (first == '\0')
    text += "\\0";
  else if (first == '\\')
    text += "\\\\";
  else if (first == '\n')
    text += "\\n";
  else if (first == '\t')
    text += "\\t";
  else if (!is_character || first == separator || is_control(character))
    for (const char byte : character) append_hex_escape(text, byte);
  else
    text += character;
}

// Reads the escape at the start of `text`, and returns its length.
Result<size_t> append_unescaped_character(std::string& bytes, std::string_view text) {
  const char kind = text.size() > 1 ? text[1] : '\0';
  if (kind == 'x') {
    const int high = text.size() > 3 ? hex_digit(text[2]) : -1;
    const int low = text.size() > 3 ? hex_digit(text[3]) : -1;
    if (high < 0 || low < 0)
      return fail(ErrorCode::kUsage, "\\x must be followed by two hexadecimal digits");
    bytes += static_cast<char>(high * 16 + low);
    return 4;
  }
  static constexpr std::string_view kKinds = "\\nt0";
  static constexpr std::string_view kBytes("\\\n\t\0", 4);
  const size_t at = text.size() > 1 ? kKinds.find(kind) : std::string_view::npos;
  if (at == std::string_view::npos)
    return fail(ErrorCode::kUsage, "invalid escape sequence", "use \\\\, \\n, \\t, \\0 or \\xHH");
  bytes += kBytes[at];
  return 2;
}

}  // namespace

std::string to_hex(Bytes bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::vector<uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return bytes;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_escaped(std::string& text, std::string_view bytes, char separator) {
  const auto is_plain = [&](char c) {
    return c >= 0x20 && c < 0x7f && c != '\\' && c != separator;
  };
  while (!bytes.empty()) {
    const auto plain = std::find_if_not(bytes.begin(), bytes.end(), is_plain);
    text.append(bytes.begin(), plain);
    bytes.remove_prefix(static_cast<size_t>(plain - bytes.begin()));
    if (bytes.empty()) return;
    const size_t length = utf8_length(bytes);
    const std::string_view character = bytes.substr(0, std::max<size_t>(length, 1));
    append_unusual(text, character, length != 0, separator);
    bytes.remove_prefix(character.size());
  }
}

std::string escape(std::string_view bytes) {
  std::string text;
  append_escaped(text, bytes);
  return text;
}

Result<void> append_unescaped(std::string& bytes, std::string_view text, char separator) {
  const char special[] = {'\\', separator};
  const std::string_view stops(special, separator == '\0' ? 1 : 2);
  while (!text.empty()) {
    const size_t stop = std::min(text.find_first_of(stops), text.size());
    bytes.append(text, 0, stop);
    text.remove_prefix(stop);
    if (text.empty()) break;
    if (text[0] == '\\') {
      VDE_TRY_ASSIGN(length, append_unescaped_character(bytes, text));
      text.remove_prefix(length);
    } else {
      bytes += '\0';
      text.remove_prefix(1);
    }
  }
  return {};
}

Result<std::string> unescape(std::string_view text) {
  std::string bytes;
  VDE_TRY(append_unescaped(bytes, text));
  return bytes;
}

std::string escape_json(std::string json) {
  const auto is_plain = [](char c) { return static_cast<uint8_t>(c) < 0x7f; };
  if (std::all_of(json.begin(), json.end(), is_plain)) return json;
  std::string text;
  std::string_view left = json;
  while (!left.empty()) {
    const std::string_view character = left.substr(0, std::max<size_t>(utf8_length(left), 1));
    // JSON itself escapes what is below U+0020; a line feed between two objects stays.
    if (!is_plain(character[0]) && utf8_length(left) != 0 && is_control(character))
      text += fmt::format("\\u{:04x}", code_point(character));
    else
      text += character;
    left.remove_prefix(character.size());
  }
  return text;
}

std::string to_base64(Bytes bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = uint32_t{bytes[i]} << 16;
    if (left > 1) group |= uint32_t{bytes[i + 1]} << 8;
    if (left > 2) group |= bytes[i + 2];
    text += kBase64[group >> 18];
    text += kBase64[group >> 12 & 63];
    text += left > 1 ? kBase64[group >> 6 & 63] : '=';
    text += left > 2 ? kBase64[group & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  text.remove_suffix(padding);
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFF);
  }
  // The unused bits of the last digit must be zero.
  if ((group & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

namespace {

// The factor of a size suffix; 0 for an unknown one.
uint64_t size_unit(std::string_view suffix) {
  if (suffix.empty() || suffix == "B") return 1;
  static constexpr std::string_view kPrefixes = "KMGTP";
  const char prefix =
      suffix[0] >= 'a' && suffix[0] <= 'z' ? static_cast<char>(suffix[0] - 'a' + 'A') : suffix[0];
  const size_t power = kPrefixes.find(prefix);
  if (power == std::string_view::npos) return 0;
  const std::string_view rest = suffix.substr(1);
  // "Mb" would be bits.
  if (!rest.empty() && rest != "iB" && rest != "ib" && rest != "IB" && rest != "B") return 0;
  const uint64_t base = rest == "B" ? 1000 : 1024;
  uint64_t unit = 1;
  for (size_t i = 0; i <= power; ++i) unit *= base;
  return unit;
}

// 10^digits must divide unit x the digits after the point.
std::optional<uint64_t> fraction_of(uint64_t unit, std::string_view digits) {
  if (digits.size() > 15) return std::nullopt;
  uint64_t numerator = 0;
  uint64_t denominator = 1;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    numerator = numerator * 10 + static_cast<uint64_t>(c - '0');
    denominator *= 10;
  }
  const uint64_t common = std::gcd(numerator, denominator);
  if (common != 0) {
    numerator /= common;
    denominator /= common;
  }
  if (unit % denominator != 0) return std::nullopt;
  return checked_mul(unit / denominator, numerator);
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::kUsage, fmt::format("'{}' is not a size", escape(text)),
                "use a number of bytes, or a number with K, M, G, T or P");
  };
  uint64_t whole = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (status == std::errc::result_out_of_range)
    return fail(ErrorCode::kUsage, fmt::format("the size '{}' is too large", escape(text)));
  if (status != std::errc{}) return bad();
  std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  std::string_view fraction;
  if (rest.starts_with('.')) {
    const size_t stop = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    fraction = rest.substr(1, stop - 1);
    rest.remove_prefix(stop);
    if (fraction.empty()) return bad();
  }
  const uint64_t unit = size_unit(rest);
  if (unit == 0) return bad();
  const auto part = fraction_of(unit, fraction);
  if (!part)
    return fail(ErrorCode::kUsage,
                fmt::format("'{}' is not a whole number of bytes", escape(text)));
  const auto product = checked_mul(whole, unit);
  const auto sum = product ? checked_add(*product, *part) : std::nullopt;
  if (!sum) return fail(ErrorCode::kUsage, fmt::format("the size '{}' is too large", escape(text)));
  return *sum;
}

std::string describe_size(uint64_t bytes) {
  static constexpr std::array<std::string_view, 7> kUnits = {"",    "KiB", "MiB", "GiB",
                                                             "TiB", "PiB", "EiB"};
  if (bytes == 1) return "1 byte";
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  auto scaled = static_cast<double>(bytes);
  size_t unit = 0;
  while (scaled >= 1024 && unit + 1 < kUnits.size()) {
    scaled /= 1024;
    ++unit;
  }
  return fmt::format("{} bytes ({:.4g} {})", bytes, scaled, kUnits[unit]);
}

bool is_near(std::string_view text, std::string_view candidate) {
  std::vector<size_t> row(candidate.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < text.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < candidate.size(); ++j) {
      const size_t replaced = diagonal + (text[i] == candidate[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back() * 3 <= std::max(text.size(), candidate.size());
}

Result<void> check_label(std::string_view label) {
  if (label.size() > kMaxLabelBytes)
    return fail(ErrorCode::kUsage,
                fmt::format("label too long: {} bytes (maximum {})", label.size(), kMaxLabelBytes));
  if (!is_utf8(label) || label.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kUsage, "the label is not UTF-8 text");
  return {};
}

Result<std::string> parse_label(std::string_view text) {
  VDE_TRY_ASSIGN(label, unescape(text));
  VDE_TRY(check_label(label));
  return label;
}

}  // namespace vde
