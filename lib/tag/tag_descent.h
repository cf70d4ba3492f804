// The way down the tag tree: the same for those who look something up and for those who change it.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>

#include "format/tag/tag_inner.h"

namespace vde {

// `Source` hands out nodes, checked as whoever goes down wants them checked. It has
//   At                   where a way down stands: `inner`, the node taken apart, null at a leaf;
//                        keys(), that node's keys; `number`, of its block
//   step(at, child)      Result<At>: the child of that number
//   first(at)            Result<std::optional<TagView>>: the first entry of a leaf; nothing where
//                        it has none, unless that is an error there; valid until the next call
//   damaged(number, what)
// Nodes that were met stay until the way down ends.
template <class Source>
class TagDescent {
 public:
  using At = typename Source::At;

  // Moves `at`, which is `level` levels below the root, down to a leaf, by the child that
  // `choose(at)` names in each inner node: a size_t, or where it may fail a
  // Result<std::optional<size_t>>. False where it names none.
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

  // Where equal keys are sorted: of the children of `at` that may hold `key`, the last one that
  // begins at or before (key, inode), or the first where none does. Separators hold no inodes, so
  // the first entry below a child tells. Nothing where a leaf that should tell has none.
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
  // Whether the first entry below a child is at or before (key, inode).
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
