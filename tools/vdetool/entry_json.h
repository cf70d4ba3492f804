// Entries of tables as JSON objects, the same in every command that shows them.
#pragma once

#include "vde/inspect.h"
#include "vde/snapshots.h"

namespace vde::cli {

[[nodiscard]] Json snapshot_json(const Snapshot& snapshot);

}  // namespace vde::cli
