// Snapshots drawn as a tree.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "vde/snapshots.h"

namespace vde::cli {

struct TreeRow {
  const Snapshot* snapshot = nullptr;
  size_t depth = 0;
  std::string lines;      // what stands in front of the snapshot
  bool in_cycle = false;  // no root leads here; a parent comes back to it
};

// The rows of the tree from top to bottom: roots in the order of `all`, children below their
// parents. Deleted ones are left out unless `show_deleted`; their children then hang from the
// nearest ancestor that is shown.
[[nodiscard]] std::vector<TreeRow> tree_rows(const std::vector<Snapshot>& all, bool show_deleted);

}  // namespace vde::cli
