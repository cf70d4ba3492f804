// A map as a part of an HTML page: a grid of letters that wraps, and a table of the regions.
#pragma once

#include <string>

#include "map/map_picture.h"

namespace vde::cli {

// The cells of a map in a page.
inline constexpr size_t kMapHtmlCells = 640;

// What map_html() needs in the page's style sheet.
[[nodiscard]] std::string map_html_style();
[[nodiscard]] std::string map_html(const MapPicture& picture);

}  // namespace vde::cli
