// The colours that HTML and SVG share. Cells keep theirs on a dark background.
#pragma once

#include <array>
#include <string_view>

#include "map/map_picture.h"

namespace vde::cli {

// Backgrounds for dark letters; none is red, which damage has.
inline constexpr std::array<std::string_view, kMapColors> kRegionFills = {
    "#cbb8ec", "#8fd3d6", "#f3cf7a", "#a8d8a0", "#93bdf2",
    "#e8b3d6", "#d9d27c", "#f2b48a", "#b9c4cf", "#9edbc0"};
inline constexpr std::array<std::string_view, kOwnerKinds> kOwnerFills = {"#f2b48a", "#d9d27c",
                                                                          "#a8d8a0"};
inline constexpr std::string_view kCellInk = "#15191d";
inline constexpr std::string_view kAllocatedFill = "#6b7885";
inline constexpr std::string_view kDamagedFill = "#c3241c";
inline constexpr std::string_view kSuspectFill = "#ffb000";

}  // namespace vde::cli
