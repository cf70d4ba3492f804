// Entries of tables as JSON objects, the same in every command that shows them.
#pragma once

#include "vde/inspect.h"
#include "vde/snapshots.h"

namespace vde::cli {

// Adds `bytes` as `name`, or in Base64 as `name`_base64 where they are not UTF-8.
void add_bytes(Json& object, const std::string& name, std::string_view bytes);

[[nodiscard]] Json snapshot_json(const Snapshot& snapshot);

}  // namespace vde::cli
