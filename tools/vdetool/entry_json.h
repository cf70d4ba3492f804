// Entries of tables as JSON objects, the same in every command that shows them.
#pragma once

#include "vde/inspect.h"
#include "vde/repair.h"

namespace vde::cli {

[[nodiscard]] Json snapshot_json(const Snapshot& snapshot);

// Adds the entry that a rescue or a repair names, as "tag", "snapshot" or "module", if it can be
// read.
void put_entry(Json& json, const decltype(LostEntry::content)& entry);

}  // namespace vde::cli
