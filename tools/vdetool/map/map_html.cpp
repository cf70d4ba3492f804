#include "map/map_html.h"

#include <fmt/format.h>

#include "map/map_colors.h"
#include "markup.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// The class of a cell, and the letter in it.
struct HtmlFace {
  std::string name;
  std::string letter;
};

HtmlFace html_face(const CellFace& face) {
  if (face.mark == CellMark::kDamaged) return {"x", {kDamagedLetter}};
  if (face.mark == CellMark::kSuspect) return {"w", {kSuspectLetter}};
  switch (face.look) {
    case CellLook::kRegion:
      return {fmt::format("r{}", face.color), {face.letter}};
    case CellLook::kOwned:
      return {fmt::format("o{}", face.color), {face.letter}};
    case CellLook::kAllocated:
      return {"a", ""};
    case CellLook::kPartly:
      return {"p", ""};
    case CellLook::kFree:
      return {"f", ""};
    case CellLook::kUnknown:
      return {"u", "?"};
    case CellLook::kMissing:
      break;
  }
  return {"g", "_"};
}

std::string cell_html(const CellFace& face, const std::string& title) {
  const HtmlFace shown = html_face(face);
  const std::string attribute = title.empty() ? "" : fmt::format(" title=\"{}\"", markup(title));
  return fmt::format("<i class=\"{}\"{}>{}</i>", shown.name, attribute, shown.letter);
}

std::string region_row(const RegionRow& row) {
  const MapRegion& region = *row.region;
  const CellFace face{CellLook::kRegion, CellMark::kNone, row.letter, row.color};
  return fmt::format(
      "<tr{}><td>{}</td><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td><td>{}</td></tr>\n",
      row.is_bad ? " class=\"bad\"" : "", region.is_data_area ? "" : cell_html(face, ""),
      markup(region.type), markup(region.name), row.blocks, region.count, markup(row.note));
}

}  // namespace

std::string map_html_style() {
  std::string text =
      ".map{display:flex;flex-wrap:wrap;gap:1px;margin:.6rem 0}\n"
      ".map i,td>i,.key i{width:14px;height:14px;font:700 10px/14px ui-monospace,\"DejaVu Sans "
      "Mono\",Menlo,Consolas,monospace;text-align:center;display:inline-block;border-radius:2px;"
      "print-color-adjust:exact;-webkit-print-color-adjust:exact;flex:none;overflow:hidden}\n";
  text += fmt::format(".map i,td>i,.key i{{color:{}}}\n", kCellInk);
  for (size_t i = 0; i < kMapColors; ++i)
    text += fmt::format("i.r{}{{background:{}}}", i, kRegionFills[i]);
  for (size_t i = 0; i < kOwnerKinds; ++i)
    text +=
        fmt::format("i.o{}{{background:{};box-shadow:inset 0 -3px 0 #0005}}", i, kOwnerFills[i]);
  text += fmt::format(
      "\ni.a{{background:{0}}}i.p{{background:linear-gradient(135deg,{0} 50%,var(--free) 50%)}}"
      "i.f{{background:radial-gradient(circle,var(--dot) 1.2px,var(--free) 1.6px)}}\n"
      ".map i.x,.key i.x{{color:#fff;background:repeating-linear-gradient(135deg,{1} 0 "
      "4px,#8d130d 4px 6px)}}i.w{{background:{2};box-shadow:inset 0 0 0 2px #7a4b00}}\n"
      ".map i.u,.map i.g,.key i.u,.key i.g{{color:inherit;box-shadow:inset 0 0 0 1px "
      "var(--dot)}}\n",
      kAllocatedFill, kDamagedFill, kSuspectFill);
  text +=
      ".key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;padding:0;margin:.4rem 0 "
      "1rem;font-size:.875rem}.key li{display:flex;gap:.45rem;align-items:center}\n";
  return text;
}

std::string map_html(const MapPicture& picture) {
  std::string text = fmt::format(
      "<p class=\"quiet\">{}; {}</p>\n<div class=\"map\" role=\"img\" aria-label=\"Map of the "
      "image; the table of regions says the same in words\">",
      markup(picture.headline()), markup(picture.scale()));
  for (size_t i = 0; i < picture.cells().size(); ++i) {
    const bool starts = i == 0 || picture.cells()[i].region != picture.cells()[i - 1].region;
    const bool marked = picture.face(i).mark != CellMark::kNone;
    text += cell_html(picture.face(i), starts || marked ? picture.describe_cells(i, i) : "");
  }
  text += "</div>\n<ul class=\"key\">";
  for (const LegendItem& item : picture.legend())
    text += fmt::format("<li>{}{}</li>", cell_html(item.face, ""), markup(item.text));
  text +=
      "</ul>\n<table class=\"regions\"><thead><tr><th scope=\"col\"><span "
      "class=\"hidden\">Letter</span></th><th scope=\"col\">Type</th><th "
      "scope=\"col\">Region</th><th scope=\"col\" class=\"n\">Blocks</th><th scope=\"col\" "
      "class=\"n\">Count</th><th scope=\"col\">State</th></tr></thead><tbody>\n";
  for (const RegionRow& row : picture.regions()) text += region_row(row);
  return text + "</tbody></table>\n";
}

}  // namespace vde::cli
