#include "map/map_terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "terminal.h"

namespace vde::cli {
namespace {

constexpr size_t kMaxLines = 20;

// Select Graphic Rendition, for black or white letters on a background.
constexpr std::array<std::string_view, kMapColors> kRegionColors = {
    "30;45", "30;46", "30;43", "30;42", "97;44", "30;106", "30;105", "30;102", "97;100", "30;104"};

std::string_view color_of(const CellFace& face) {
  if (face.mark == CellMark::kDamaged) return "1;97;41";
  if (face.mark == CellMark::kSuspect) return "1;30;103";
  switch (face.look) {
    case CellLook::kRegion:
      return kRegionColors[face.color];
    case CellLook::kOwned:
      return "30;47";
    case CellLook::kFree:
      return "2";
    case CellLook::kMissing:
    case CellLook::kUnknown:
      return "31";
    default:
      return "";
  }
}

std::string sign_of(const CellFace& face) {
  if (face.mark == CellMark::kDamaged) return {kDamagedLetter};
  if (face.mark == CellMark::kSuspect) return {kSuspectLetter};
  if (!is_utf8_locale()) return {face.letter};
  switch (face.look) {
    case CellLook::kAllocated:
      return "█";
    case CellLook::kPartly:
      return "▒";
    case CellLook::kFree:
      return "·";
    default:
      return {face.letter};
  }
}

std::string painted(const CellFace& face, bool color) {
  const std::string_view code = color ? color_of(face) : "";
  return code.empty() ? sign_of(face) : fmt::format("\x1b[{}m{}\x1b[0m", code, sign_of(face));
}

std::string cell_lines(const MapPicture& picture, size_t width, bool color) {
  const size_t margin = map_margin(picture.map());
  const size_t columns = width - margin;
  std::string text;
  for (size_t first = 0; first < picture.cells().size(); first += columns) {
    text += fmt::format("{:>{}}  ", picture.cells()[first].blocks.begin, margin - 2);
    const size_t end = std::min(first + columns, picture.cells().size());
    for (size_t i = first; i < end; ++i) text += painted(picture.face(i), color);
    text += "\n";
  }
  return text;
}

std::string region_lines(const MapPicture& picture, bool color) {
  size_t types = 0;
  size_t names = 0;
  size_t blocks = 0;
  for (const RegionRow& row : picture.regions()) {
    types = std::max(types, row.region->type.size());
    names = std::max(names, row.region->name.size());
    blocks = std::max(blocks, row.blocks.size());
  }
  std::string text;
  for (const RegionRow& row : picture.regions()) {
    const CellFace face{CellLook::kRegion, CellMark::kNone, row.letter, row.color};
    const std::string letter = row.letter == ' ' ? " " : painted(face, color);
    std::string line = fmt::format("{:<{}}  {:<{}}  {:>{}}", row.region->type, types,
                                   row.region->name, names, row.blocks, blocks);
    if (!row.note.empty()) line += "  " + row.note;
    text += fmt::format("  {}  {}\n", letter, line);
  }
  return text;
}

}  // namespace

size_t map_margin(const BlockMap& map) {
  return std::to_string(map.all().end).size() + 2;
}

size_t map_cells_for(const BlockMap& map, size_t width) {
  return (width - map_margin(map)) * kMaxLines;
}

std::string map_terminal_text(const MapPicture& picture, size_t width, bool color) {
  std::string text = cell_lines(picture, width, color) + "\n" + region_lines(picture, color) + "\n";
  for (const LegendItem& item : picture.legend())
    text += fmt::format("  {}  {}\n", painted(item.face, color), item.text);
  return text;
}

}  // namespace vde::cli
