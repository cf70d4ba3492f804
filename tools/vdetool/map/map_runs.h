// The runs of a map as data: lines for scripts, and JSON.
#pragma once

#include "context.h"
#include "vde/map.h"

namespace vde::cli {

// One line: first block, last block, region, use, owner and finding, with tabs between; "-" for
// none.
[[nodiscard]] std::string map_run_line(const MapRun& run);
[[nodiscard]] Json map_run_json(const MapRun& run);

}  // namespace vde::cli
