#include "vde/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "base/checked.h"

namespace vde {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Length in bytes of the UTF-8 character at the start of `text`, 0 if there is none: overlong
// forms, surrogates and code points past U+10FFFF are not UTF-8.
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

// U+0080 to U+009F are control characters too: terminals act on them.
bool is_control(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  if (first < 0x20 || first == 0x7f) return true;
  return first == 0xc2 && static_cast<uint8_t>(character[1]) < 0xa0;
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

std::string escape(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  const auto hex = [&](char c) { text += fmt::format("\\x{:02x}", static_cast<uint8_t>(c)); };
  while (!bytes.empty()) {
    const size_t length = std::max<size_t>(utf8_length(bytes), 1);
    const std::string_view character = bytes.substr(0, length);
    if (character == "\\")
      text += "\\\\";
    else if (character == "\n")
      text += "\\n";
    else if (character == "\t")
      text += "\\t";
    else if (character[0] == '\0')
      text += "\\0";
    else if (utf8_length(bytes) == 0 || is_control(character))
      std::for_each(character.begin(), character.end(), hex);
    else
      text += character;
    bytes.remove_prefix(length);
  }
  return text;
}

Result<std::string> unescape(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const char kind = i + 1 < text.size() ? text[++i] : '\0';
    switch (kind) {
      case '\\':
        bytes += '\\';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case '0':
        bytes += '\0';
        break;
      case 'x': {
        const auto byte = from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1)
          return fail(ErrorCode::kUsage, "\\x wants two hexadecimal digits");
        bytes += static_cast<char>(byte->front());
        i += 2;
        break;
      }
      default:
        return fail(ErrorCode::kUsage, "unknown escape after a backslash",
                    "write \\\\, \\n, \\t, \\0 or \\xHH");
    }
  }
  return bytes;
}

std::string to_base64(Bytes bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = uint32_t{bytes[i]} << 16;
    if (left > 1) group |= uint32_t{bytes[i + 1]} << 8;
    if (left > 2) group |= bytes[i + 2];
    text += kAlphabet[group >> 18];
    text += kAlphabet[group >> 12 & 63];
    text += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    text += left > 2 ? kAlphabet[group & 63] : '=';
  }
  return text;
}

namespace {

// The factor that a size's suffix names; 0 for an unknown one.
uint64_t size_unit(std::string_view suffix) {
  if (suffix.empty() || suffix == "B") return 1;
  static constexpr std::string_view kPrefixes = "KMGTP";
  const size_t power = kPrefixes.find(suffix[0] == 'k' ? 'K' : suffix[0]);
  if (power == std::string_view::npos) return 0;
  const std::string_view rest = suffix.substr(1);
  if (!rest.empty() && rest != "iB" && rest != "B") return 0;
  const uint64_t base = rest == "B" ? 1000 : 1024;
  uint64_t unit = 1;
  for (size_t i = 0; i <= power; ++i) unit *= base;
  return unit;
}

// 10^digits must divide unit x the digits behind the point.
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
                "write a number of bytes, or one with K, M, G, T or P");
  };
  uint64_t whole = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), whole);
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
  const auto product = checked_mul(whole, unit);
  if (!part || !product) return bad();
  const auto sum = checked_add(*product, *part);
  if (!sum) return bad();
  return *sum;
}

std::string describe_size(uint64_t bytes) {
  static constexpr std::array<std::string_view, 7> kUnits = {"",    "KiB", "MiB", "GiB",
                                                             "TiB", "PiB", "EiB"};
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

}  // namespace vde
