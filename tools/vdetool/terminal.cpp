#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>

#include "help.h"

namespace vde::cli {
namespace {

constexpr size_t kHangingIndent = 4;

// The bytes of the character or color sequence at the start of `text`, and whether it has a column.
struct Piece {
  size_t size = 1;
  bool is_visible = true;
};

Piece first_piece(std::string_view text) {
  if (text.starts_with("\x1b[")) {
    const size_t end = text.find('m');
    return {end == std::string_view::npos ? text.size() : end + 1, false};
  }
  size_t size = 1;
  while (size < text.size() && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) ++size;
  return {size, true};
}

// The end of the part of `text` that fits into `width` columns: all of it, or up to a blank after
// `first`, or within a long word.
size_t fitting(std::string_view text, size_t width, size_t first) {
  size_t columns = 0;
  size_t blank = std::string_view::npos;
  for (size_t at = 0; at < text.size();) {
    const Piece piece = first_piece(text.substr(at));
    if (text[at] == ' ' && at > first) blank = at;
    if (piece.is_visible && columns == width) return blank == std::string_view::npos ? at : blank;
    columns += piece.is_visible ? 1 : 0;
    at += piece.size;
  }
  return text.size();
}

std::string_view without_blanks_at_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

size_t terminal_width() {
  constexpr size_t kNarrowest = 40;
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= kNarrowest;
  return known ? size.ws_col : kHelpWidth;
}

bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string text(value);
    std::erase(text, '-');
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text.find("utf8") != std::string::npos;
  }
  return false;
}

std::string fit_line(std::string_view line, size_t width) {
  const size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const std::string later(std::min(indent + kHangingIndent, width / 2), ' ');
  size_t end = fitting(line, width, indent);
  std::string text(without_blanks_at_end(line.substr(0, end)));
  while (end < line.size()) {
    line.remove_prefix(std::min(line.find_first_not_of(' ', end), line.size()));
    if (line.empty()) break;
    end = fitting(line, width - later.size(), 0);
    text += "\n" + later;
    text += without_blanks_at_end(line.substr(0, end));
  }
  return text;
}

std::string short_time(Ticks time) {
  std::string text = to_string(time);
  const size_t point = text.find('.');
  if (point != std::string::npos) text.replace(point, std::string::npos, "Z");
  return text;
}

const TreeGlyphs& tree_glyphs() {
  static constexpr TreeGlyphs kBoxes{"├── ", "└── ", "│   ", "    "};
  static constexpr TreeGlyphs kAscii{"|-- ", "`-- ", "|   ", "    "};
  static const bool is_utf8 = is_utf8_locale();
  return is_utf8 ? kBoxes : kAscii;
}

std::string TreeLines::next(size_t depth, bool is_last) {
  const TreeGlyphs& glyphs = tree_glyphs();
  is_last_.resize(depth);
  if (depth == 0) return {};
  is_last_.back() = is_last;
  std::string text;
  for (size_t i = 0; i + 1 < depth; ++i)
    text += is_last_[i] ? glyphs.below_last : glyphs.below_branch;
  return text.append(is_last ? glyphs.last : glyphs.branch);
}

}  // namespace vde::cli
