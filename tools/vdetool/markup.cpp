#include "markup.h"

#include <cstdint>

#include "vde/text.h"

namespace vde::cli {

std::string markup(std::string_view text) {
  // XML has no way to write most control characters and bytes that are not UTF-8.
  if (!is_utf8(text)) return markup(escape(text));
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    // U+FFFE and U+FFFF, which XML does not allow at all.
    if (const std::string_view next = text.substr(at, 3);
        next == "\xEF\xBF\xBE" || next == "\xEF\xBF\xBF") {
      result += "\xEF\xBF\xBD";
      at += 2;
      continue;
    }
    const char c = text[at];
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += static_cast<uint8_t>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

std::string markup_bytes(std::string_view bytes) {
  return markup(escape(bytes));
}

std::string shortened(const std::string& text, size_t max) {
  size_t characters = 0;
  size_t cut = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<uint8_t>(text[at]) & 0xC0) == 0x80) continue;
    if (characters + 3 == max) cut = at;
    if (++characters > max) return text.substr(0, cut) + "...";
  }
  return text;
}

}  // namespace vde::cli
