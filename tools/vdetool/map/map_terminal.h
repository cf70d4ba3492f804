// A map in letters, for a terminal.
#pragma once

#include <string>

#include "map/map_picture.h"

namespace vde::cli {

// The columns before the cells of a line.
[[nodiscard]] size_t map_margin(const BlockMap& map);
// The cells that fit a terminal of `width` columns.
[[nodiscard]] size_t map_cells_for(const BlockMap& map, size_t width);

// Lines of at most `width` columns where the texts allow it: cells with the number of the first
// block of each line, then the regions and the kinds of cells.
[[nodiscard]] std::string map_terminal_text(const MapPicture& picture, size_t width, bool color);

}  // namespace vde::cli
