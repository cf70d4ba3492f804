// The descent in the tag tree, shared by readers and writers.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>

#include "format/tag/tag_inner.h"

namespace vde {

// `Source` returns nodes, with the checks that the caller needs. It has
//   At                   a position in the descent: `inner`, the decoded node, null at a leaf;
//                        keys(), that node's keys; `number`, of its block
//   step(at, child)      Result<At>: the child with that number
//   first(at)            Result<std::optional<TagView>>: the first entry of a leaf; nothing if it
//                        has none, unless that is an error there; valid until the next call
//   damaged(number, what)
// Nodes returned during a descent stay valid until it ends.
template <class Source>
class TagDescent {
 public:
  using At = typename Source::At;

  // Moves `at`, which is `level` levels below the root, down to a leaf. In each inner node
  // `choose(at)` returns the child: a size_t, or Result<std::optional<size_t>> if it can fail.
  // Returns false if it returns nothing.
  template <class Choose>
  [[nodiscard]] static Result<bool> to_leaf(Source& source, At& at, size_t level,
                                            const Choose& choose) {
    for (; at.inner != nullptr; ++level) {
      if (level == kMaxTagLevels) return source.damaged(at.number, "the tag tree has no end");
      size_t child = 0;
      if constexpr (std::is_same_v<decltype(choose(at)), size_t>) {
        child = choose(at);
      } else {
        VDE_TRY_ASSIGN(chosen, choose(at));
        if (!chosen) return false;
        child = *chosen;
      }
      Result<At> below = source.step(at, child);
      if (!below) return propagate(below);
      at = *below;
    }
    return true;
  }

  // For sorted equal keys: of the children of `at` that may hold `key`, the last one that begins at
  // or before (key, inode), or the first one if there is none. Separators contain no inodes, so the
  // first entry below a child has to be read. Nothing if the leaf to read is empty.
  [[nodiscard]] static Result<std::optional<size_t>> choose(Source& source, const At& at,
                                                            std::string_view key, int64_t inode) {
    size_t child = at.keys().lower(key);
    size_t last = at.keys().upper(key);
    while (child < last) {
      const size_t middle = child + (last - child + 1) / 2;
      VDE_TRY_ASSIGN(before, begins_at_or_before(source, at, middle, key, inode));
      if (!before) return std::optional<size_t>();
      if (*before)
        child = middle;
      else
        last = middle - 1;
    }
    return std::optional<size_t>(child);
  }

 private:
  // True if the first entry below a child is at or before (key, inode).
  [[nodiscard]] static Result<std::optional<bool>> begins_at_or_before(Source& source, const At& at,
                                                                       size_t child,
                                                                       std::string_view key,
                                                                       int64_t inode) {
    VDE_TRY_ASSIGN(below, source.step(at, child));
    VDE_TRY(to_leaf(source, below, 0, [](const At&) { return size_t{0}; }));
    VDE_TRY_ASSIGN(first, source.first(below));
    if (!first) return std::optional<bool>();
    const int order = first->key.compare(key);
    return std::optional<bool>(order < 0 || (order == 0 && first->inode <= inode));
  }
};

}  // namespace vde
