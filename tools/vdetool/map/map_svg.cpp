#include "map/map_svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "map/map_colors.h"
#include "markup.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

constexpr size_t kColumns = 64;
constexpr size_t kCell = 13;   // pixels, with the line to the next one
constexpr size_t kLeft = 110;  // before the cells: block numbers
constexpr size_t kWidth = kLeft + kColumns * kCell + 24;
constexpr size_t kTop = 92;
constexpr size_t kRow = 20;

// Patterns distinguish the kinds without colours.
std::string style() {
  std::string text = R"(<style>
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:12px;fill:#1c2126}
.page{fill:#fff}.line{stroke:#fff;stroke-width:1;fill:none}.quiet{fill:#56606b}
.title{font-size:17px;font-weight:600}.type,.no{font-family:ui-monospace,"DejaVu Sans Mono",monospace}
.no{font-size:10px;fill:#56606b;text-anchor:end}.end{text-anchor:end}
.bad{font-weight:600}
)";
  text += fmt::format(
      ".ink{{font-size:9px;font-weight:700;fill:{};text-anchor:middle;"
      "font-family:ui-monospace,\"DejaVu Sans Mono\",monospace}}.pale{{fill:#fff}}\n",
      kCellInk);
  text +=
      ".freeback{fill:#eef1f4}.freedot{fill:#9aa5b0}.none{fill:#fff;stroke:#9aa5b0;"
      "stroke-dasharray:2 2}\n";
  for (size_t i = 0; i < kMapColors; ++i)
    text += fmt::format(".r{}{{fill:{}}}", i, kRegionFills[i]);
  text += R"(
@media (prefers-color-scheme:dark){text{fill:#e6eaee}.page{fill:#14181c}.line{stroke:#14181c}
.quiet,.no{fill:#a3aeb9}.freeback{fill:#262c32}.freedot{fill:#76828e}.none{fill:#14181c}
)";
  return text + fmt::format(".ink{{fill:{}}}.pale{{fill:#fff}}}}\n</style>\n", kCellInk);
}

std::string pattern(std::string_view id, size_t size, const std::string& content) {
  return fmt::format(
      "<pattern id=\"{0}\" width=\"{1}\" height=\"{1}\" patternUnits=\"userSpaceOnUse\">{2}"
      "</pattern>\n",
      id, size, content);
}

std::string stripes(std::string_view fill, std::string_view path, std::string_view stroke,
                    std::string_view width) {
  return fmt::format(
      "<rect width=\"6\" height=\"6\" fill=\"{}\"/><path d=\"{}\" stroke=\"{}\" "
      "stroke-width=\"{}\"/>",
      fill, path, stroke, width);
}

std::string definitions() {
  constexpr std::string_view kRising = "M-1 1l2-2M0 6l6-6M5 7l2-2";
  constexpr std::string_view kFalling = "M-1 5l2 2M0 0l6 6M5-1l2 2";
  std::string text = "<defs>\n";
  text += pattern("damaged", 6, stripes(kDamagedFill, kRising, "#fff", "1.4"));
  text += pattern("suspect", 6, stripes(kSuspectFill, kRising, "#15191d", "1"));
  text += pattern("module", 6, stripes(kOwnerFills[0], kFalling, "#7a3d12", ".9"));
  text += pattern("dictionary", 6, stripes(kOwnerFills[1], "M1.5 0v6M4.5 0v6", "#5c5512", ".9"));
  text += pattern("snapshot", 6, stripes(kOwnerFills[2], "M0 1.5h6M0 4.5h6", "#23591c", ".9"));
  text += pattern("allocated", 6,
                  fmt::format("<rect width=\"6\" height=\"6\" fill=\"{}\"/>", kAllocatedFill));
  text += pattern("partly", 6,
                  fmt::format("<rect width=\"6\" height=\"6\" class=\"freeback\"/><path d=\"M0 "
                              "0h3v3h-3zM3 3h3v3h-3z\" fill=\"{}\"/>",
                              kAllocatedFill));
  text += pattern("free", kCell,
                  fmt::format("<rect width=\"{0}\" height=\"{0}\" class=\"freeback\"/><circle "
                              "cx=\"6\" cy=\"6\" r=\"1\" class=\"freedot\"/>",
                              kCell));
  text += pattern("unknown", 6, stripes("#fff", "M0 0l6 6M6 0l-6 6", "#c3241c", ".7"));
  return text + "</defs>\n";
}

// The attribute that fills a cell.
std::string fill_of(const CellFace& face) {
  constexpr std::array<std::string_view, kOwnerKinds> kOwned = {"module", "dictionary", "snapshot"};
  if (face.mark == CellMark::kDamaged) return "fill=\"url(#damaged)\"";
  if (face.mark == CellMark::kSuspect) return "fill=\"url(#suspect)\"";
  switch (face.look) {
    case CellLook::kRegion:
      return fmt::format("class=\"r{}\"", face.color);
    case CellLook::kOwned:
      return fmt::format("fill=\"url(#{})\"", kOwned[face.color]);
    case CellLook::kAllocated:
      return "fill=\"url(#allocated)\"";
    case CellLook::kPartly:
      return "fill=\"url(#partly)\"";
    case CellLook::kFree:
      return "fill=\"url(#free)\"";
    case CellLook::kUnknown:
      return "fill=\"url(#unknown)\"";
    case CellLook::kMissing:
      break;
  }
  return "class=\"none\"";
}

// Only regions have a letter of their own; a damaged one keeps it on a patch of its colour.
std::string letter_of(const CellFace& face, size_t x, size_t y) {
  if (face.look != CellLook::kRegion || face.letter == ' ') return {};
  const bool marked = face.mark != CellMark::kNone;
  const std::string patch =
      marked ? fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4.6\" class=\"r{}\"/>", x + 6, y + 6,
                           face.color)
             : std::string();
  return patch + fmt::format("<text x=\"{}\" y=\"{}\" class=\"ink\">{}</text>\n", x + 6, y + 9,
                             face.letter);
}

// Consecutive cells of one line that look alike are one rectangle.
std::string cells_of_line(const MapPicture& picture, size_t first, size_t end, size_t y) {
  std::string text;
  for (size_t from = first; from < end;) {
    size_t to = from + 1;
    while (to < end && picture.face(to) == picture.face(from) &&
           picture.cells()[to].region == picture.cells()[from].region)
      ++to;
    const size_t x = kLeft + (from - first) * kCell;
    text += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}><title>{}</title></rect>\n", x, y,
        (to - from) * kCell - 1, kCell - 1, fill_of(picture.face(from)),
        markup(picture.describe_cells(from, to - 1)));
    text += letter_of(picture.face(from), x, y);
    from = to;
  }
  return text;
}

std::string grid(const MapPicture& picture, size_t& y) {
  std::string text;
  const size_t cells = picture.cells().size();
  for (size_t first = 0; first < cells; first += kColumns, y += kCell) {
    const size_t end = std::min(first + kColumns, cells);
    text += fmt::format("<text x=\"{}\" y=\"{}\" class=\"no\">{}</text>\n", kLeft - 8, y + 10,
                        picture.cells()[first].blocks.begin);
    text += cells_of_line(picture, first, end, y);
  }
  // Lines between the cells of a rectangle.
  std::string path;
  for (size_t column = 1; column < std::min(kColumns, cells); ++column)
    path += fmt::format("M{}.5 {}V{}", kLeft + column * kCell - 1, kTop, y);
  return text + fmt::format("<path class=\"line\" d=\"{}\"/>\n", path);
}

std::string swatch(const CellFace& face, size_t y) {
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" {}/>\n", kLeft, y,
                     fill_of(face)) +
         letter_of(face, kLeft, y);
}

std::string region_rows(const MapPicture& picture, size_t& y) {
  constexpr size_t kMaxNote = 38;
  std::string text;
  for (const RegionRow& row : picture.regions()) {
    const MapRegion& region = *row.region;
    const CellFace face{region.is_data_area ? CellLook::kFree : CellLook::kRegion, CellMark::kNone,
                        row.letter, row.color};
    text += swatch(face, y);
    text += fmt::format(
        "<text x=\"{}\" y=\"{}\" class=\"type\">{}</text><text x=\"{}\" y=\"{}\">{}</text>"
        "<text x=\"{}\" y=\"{}\" class=\"end\">{}</text><text x=\"{}\" y=\"{}\" "
        "class=\"{}\">{}</text>\n",
        kLeft + 22, y + 10, markup(shortened(region.type, 12)), kLeft + 116, y + 10,
        markup(region.name), kLeft + 470, y + 10, row.blocks, kLeft + 490, y + 10,
        row.is_bad ? "bad" : "quiet", markup(shortened(row.note, kMaxNote)));
    y += kRow;
  }
  return text;
}

std::string legend_rows(const MapPicture& picture, size_t& y) {
  std::string text;
  for (const LegendItem& item : picture.legend()) {
    text += swatch(item.face, y);
    text +=
        fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kLeft + 22, y + 10, markup(item.text));
    y += kRow;
  }
  return text;
}

}  // namespace

std::string map_svg(const MapPicture& picture, const std::string& image,
                    const std::string& verdict) {
  constexpr size_t kMaxTitle = 70;
  const std::string name = markup(shortened(escape(image), kMaxTitle));
  const std::string label = escape(picture.map().label());
  const std::string geometry =
      markup(shortened((label.empty() ? "" : label + ": ") + picture.headline(), 130));
  size_t y = kTop;
  std::string body = grid(picture, y);
  y += kCell;
  body += region_rows(picture, y);
  y += kRow / 2;
  body += legend_rows(picture, y);
  y += 4;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\" aria-labelledby=\"map-title map-desc\">\n"
      "<title id=\"map-title\">Map of {2}</title>\n<desc id=\"map-desc\">{3}; {4}; {5}",
      kWidth, y, name, geometry, markup(picture.scale()), markup(verdict));
  for (const RegionRow& row : picture.regions())
    text += fmt::format("; {} blocks {}{}{}", markup(row.region->type), row.blocks,
                        row.note.empty() ? "" : ": ", markup(row.note));
  text += "</desc>\n" + style() + definitions();
  text += fmt::format("<rect class=\"page\" width=\"{}\" height=\"{}\"/>\n", kWidth, y);
  text += fmt::format(
      "<text x=\"24\" y=\"34\" class=\"title\">{}</text>\n<text x=\"24\" y=\"55\" "
      "class=\"quiet\">{}</text>\n<text x=\"24\" y=\"74\"><tspan class=\"bad\">{}</tspan><tspan "
      "class=\"quiet\" dx=\"12\">{}</tspan></text>\n",
      name, geometry, markup(verdict), markup(picture.scale()));
  return text + body + "</svg>\n";
}

}  // namespace vde::cli
