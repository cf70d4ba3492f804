#include "snapshot_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "terminal.h"

namespace vde::cli {
namespace {

constexpr size_t kNoParent = SIZE_MAX;
constexpr size_t kUnknown = SIZE_MAX - 1;
// Rows below more branches show their depth as a number; they would be mostly blanks.
constexpr size_t kDeepestDrawn = 40;

class SnapshotTree {
 public:
  SnapshotTree(const std::vector<Snapshot>& all, bool show_deleted)
      : all_(all),
        show_deleted_(show_deleted),
        children_(all.size()),
        above_hidden_(all.size(), kUnknown),
        seen_(all.size()) {
    for (size_t i = 0; i < all.size(); ++i) places_.emplace(all[i].id, i);
  }

  std::vector<TreeRow> rows() {
    std::vector<size_t> roots;
    for (size_t i = 0; i < all_.size(); ++i) {
      if (!is_shown(i)) continue;
      const size_t parent = shown_parent(i);
      (parent == kNoParent ? roots : children_[parent]).push_back(i);
    }
    add_roots(roots);
    for (size_t i = 0; i < all_.size(); ++i)
      if (is_shown(i) && !seen_[i]) add_below({i, 0, {}, {}, 0}, true);
    return std::move(rows_);
  }

 private:
  struct Waiting {
    size_t place = 0;
    size_t depth = 0;
    std::string lines;   // printed before the row
    std::string indent;  // printed before the rows below it
    size_t level = 0;    // branches above it
  };

  // Several roots are drawn like children where a row below one of them would look like a root.
  void add_roots(const std::vector<size_t>& roots) {
    const bool is_ambiguous =
        roots.size() > 1 && std::any_of(roots.begin(), roots.end(),
                                        [&](size_t root) { return children_[root].size() == 1; });
    for (size_t i = 0; i < roots.size(); ++i) {
      Waiting root{roots[i], 0, {}, {}, 0};
      if (is_ambiguous) branch(root, i + 1 == roots.size());
      add_below(std::move(root), false);
    }
  }

  [[nodiscard]] bool is_shown(size_t place) const {
    return show_deleted_ || !all_[place].is_deleted();
  }

  // Hidden ancestors are skipped; the result is kept for each of them.
  [[nodiscard]] size_t shown_parent(size_t place) {
    std::vector<size_t> hidden;
    size_t found = kNoParent;
    while (hidden.size() < all_.size()) {
      const auto parent = places_.find(all_[place].parent);
      if (parent == places_.end()) break;
      place = parent->second;
      found = is_shown(place) ? place : above_hidden_[place];
      if (found != kUnknown) break;
      found = kNoParent;
      hidden.push_back(place);
    }
    for (const size_t passed : hidden) above_hidden_[passed] = found;
    return found;
  }

  void add_below(Waiting top, bool in_cycle) {
    std::vector<Waiting> waiting = {std::move(top)};
    while (!waiting.empty()) {
      const Waiting next = std::move(waiting.back());
      waiting.pop_back();
      if (seen_[next.place]) continue;
      seen_[next.place] = true;
      rows_.push_back({&all_[next.place], next.depth, next.lines, in_cycle});
      const std::vector<size_t>& below = children_[next.place];
      for (size_t i = below.size(); i > 0; --i)
        waiting.push_back(row_below(next, below[i - 1], below.size(), i == below.size()));
    }
  }

  // An only child stands below its parent, without indentation.
  [[nodiscard]] static Waiting row_below(const Waiting& parent, size_t place, size_t siblings,
                                         bool is_last) {
    Waiting row{place, parent.depth + 1, parent.indent, parent.indent, parent.level};
    if (siblings == 1) return row;
    if (parent.level >= kDeepestDrawn)
      row.lines += fmt::format("({} deep) ", row.depth);
    else
      branch(row, is_last);
    return row;
  }

  static void branch(Waiting& row, bool is_last) {
    const TreeGlyphs& glyphs = tree_glyphs();
    row.lines += is_last ? glyphs.last : glyphs.branch;
    row.indent += is_last ? glyphs.below_last : glyphs.below_branch;
    ++row.level;
  }

  const std::vector<Snapshot>& all_;
  bool show_deleted_;
  std::map<Guid, size_t> places_;
  std::vector<std::vector<size_t>> children_;
  std::vector<size_t> above_hidden_;  // of a hidden one: the nearest visible ancestor
  std::vector<bool> seen_;
  std::vector<TreeRow> rows_;
};

}  // namespace

std::vector<TreeRow> tree_rows(const std::vector<Snapshot>& all, bool show_deleted) {
  return SnapshotTree(all, show_deleted).rows();
}

}  // namespace vde::cli
