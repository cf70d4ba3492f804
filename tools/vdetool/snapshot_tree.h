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
  std::string lines;      // printed before the snapshot
  bool in_cycle = false;  // it cannot be reached from a root
};

// The rows of the tree from top to bottom: roots in the order of `all`, children below their
// parents. An only child has the indentation of its parent. Deleted snapshots are hidden unless
// `show_deleted`; their children are then attached to the nearest visible ancestor.
[[nodiscard]] std::vector<TreeRow> tree_rows(const std::vector<Snapshot>& all, bool show_deleted);

}  // namespace vde::cli
