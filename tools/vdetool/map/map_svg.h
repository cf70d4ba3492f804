// A map as a picture for documents: SVG that needs nothing else.
#pragma once

#include <string>

#include "map/map_picture.h"

namespace vde::cli {

// The cells that the picture has room for.
inline constexpr size_t kMapSvgCells = 64 * 20;

// `image` is the file's name; `verdict` says what is wrong, e.g. "3 errors".
[[nodiscard]] std::string map_svg(const MapPicture& picture, const std::string& image,
                                  const std::string& verdict);

}  // namespace vde::cli
