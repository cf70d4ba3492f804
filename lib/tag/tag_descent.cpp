// How the tree finds its way.
#include <fmt/format.h>

#include "tag/tag_search.h"
#include "tag/tag_tree.h"

namespace vde {
tl::unexpected<Error> TagTree::damaged(uint64_t number, std::string what) const {
  return fail_at(pages_.place(number), ErrorCode::kDamaged, std::move(what), kRunRepair);
}

Result<const TagInner*> TagTree::inner(uint32_t number) {
  if (const TagInner* kept = nodes_.find(number)) return kept;
  VDE_TRY_ASSIGN(payload, pages_.read(number));
  Result<TagInner> decoded = TagInner::decode(payload);
  if (!decoded) return damaged(number, std::move(decoded.error().message));
  return nodes_.keep(number, std::move(*decoded));
}

Result<bool> TagTree::is_leaf(uint32_t number) {
  if (nodes_.find(number) != nullptr) return false;
  VDE_TRY_ASSIGN(payload, pages_.read(number));
  return payload[0] == kTagLeafType;
}

Result<TagLeaf> TagTree::leaf(uint32_t number) {
  VDE_TRY_ASSIGN(payload, pages_.read(number));
  std::optional<TagLeaf> leaf = TagLeaf::open(payload);
  if (!leaf) return damaged(number, "a block of the tag tree is no leaf");
  const TagLeaf::Shape shape = leaf->shape();
  if (shape == TagLeaf::Shape::kBroken)
    return damaged(number, "an entry of a tag leaf runs past its block");
  if (shape == TagLeaf::Shape::kNoIndex) leaf->forget_index();
  return *leaf;
}

Result<uint32_t> TagTree::child_of(uint32_t number, size_t child) {
  VDE_TRY_ASSIGN(node, inner(number));
  const int32_t below = node->child(child);
  if (below <= static_cast<int32_t>(kTagRoot) || below >= static_cast<int64_t>(pages_.count()))
    return damaged(number, fmt::format("the tag tree names its block {}, which is no node", below));
  return static_cast<uint32_t>(below);
}

Result<uint32_t> TagTree::descend_left(uint32_t number) {
  for (;;) {
    VDE_TRY_ASSIGN(at_leaf, is_leaf(number));
    if (at_leaf) return number;
    if (path_.size() == kMaxTagLevels) return damaged(number, "the tag tree has no end");
    path_.push_back({number, 0});
    VDE_TRY_ASSIGN(below, child_of(number, 0));
    number = below;
  }
}

Result<bool> TagTree::starts_at_or_before(uint32_t number, std::string_view key, int64_t inode) {
  for (size_t level = 0;; ++level) {
    VDE_TRY_ASSIGN(at_leaf, is_leaf(number));
    if (at_leaf) break;
    if (level == kMaxTagLevels) return damaged(number, "the tag tree has no end");
    VDE_TRY_ASSIGN(below, child_of(number, 0));
    number = below;
  }
  VDE_TRY_ASSIGN(first, leaf(number));
  TagView entry;
  size_t at = TagLeaf::kFirst;
  if (first.count() == 0 || !first.read(at, entry))
    return damaged(number, "a leaf of a sorted tag index is empty");
  const int order = entry.key.compare(key);
  return order < 0 || (order == 0 && entry.inode <= inode);
}

// Whether the last entry below `number` has this key.
Result<bool> TagTree::ends_with(uint32_t number, std::string_view key) {
  for (size_t level = 0;; ++level) {
    VDE_TRY_ASSIGN(at_leaf, is_leaf(number));
    if (at_leaf) break;
    if (level == kMaxTagLevels) return damaged(number, "the tag tree has no end");
    VDE_TRY_ASSIGN(node, inner(number));
    VDE_TRY_ASSIGN(below, child_of(number, node->count()));
    number = below;
  }
  VDE_TRY_ASSIGN(last, leaf(number));
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < last.count(); ++i)
    if (!last.read(at, entry)) return damaged(number, "an entry of a tag leaf runs past its block");
  return last.count() > 0 && entry.key == key;
}

// Where equal keys are sorted: the last child that begins at or before (key, inode). A run that
// begins behind it stays in one piece: what comes before its first entry goes to its front.
Result<size_t> TagTree::choose(uint32_t number, const TagInner& node, std::string_view key,
                               int64_t inode) {
  const size_t first = node.lower(key);
  size_t end = node.upper(key);
  if (!is_sorted() || first == end) return end;
  size_t begin = first;
  while (begin < end) {
    const size_t middle = begin + (end - begin + 1) / 2;
    VDE_TRY_ASSIGN(below, child_of(number, middle));
    VDE_TRY_ASSIGN(before, starts_at_or_before(below, key, inode));
    if (before)
      begin = middle;
    else
      end = middle - 1;
  }
  if (begin > first) return begin;
  VDE_TRY_ASSIGN(below, child_of(number, first));
  VDE_TRY_ASSIGN(begun, ends_with(below, key));
  return begun ? first : first + 1;
}

Result<uint32_t> TagTree::locate(std::string_view key, int64_t inode) {
  path_.clear();
  for (uint32_t number = kTagRoot;;) {
    VDE_TRY_ASSIGN(at_leaf, is_leaf(number));
    if (at_leaf) {
      VDE_TRY(check_depth(number));
      return number;
    }
    if (path_.size() == kMaxTagLevels) return damaged(number, "the tag tree has no end");
    VDE_TRY_ASSIGN(node, inner(number));
    // The choice may look at many nodes, and the cache of them may be emptied.
    const TagInner copy = is_sorted() && node->lower(key) != node->upper(key) ? *node : TagInner{};
    VDE_TRY_ASSIGN(child, choose(number, copy.count() > 0 ? copy : *node, key, inode));
    path_.push_back({number, child});
    VDE_TRY_ASSIGN(below, child_of(number, child));
    number = below;
  }
}

Result<uint32_t> TagTree::locate_first(std::string_view key) {
  path_.clear();
  for (uint32_t number = kTagRoot;;) {
    VDE_TRY_ASSIGN(at_leaf, is_leaf(number));
    if (at_leaf) {
      VDE_TRY(check_depth(number));
      return number;
    }
    if (path_.size() == kMaxTagLevels) return damaged(number, "the tag tree has no end");
    VDE_TRY_ASSIGN(node, inner(number));
    path_.push_back({number, node->lower(key)});
    VDE_TRY_ASSIGN(below, child_of(number, path_.back().child));
    number = below;
  }
}

// A root or an inner node of some time ago leads to leaves that are no longer the right ones.
Result<void> TagTree::check_depth(uint32_t number) {
  if (path_.size() == static_cast<size_t>(pages_.header().depth)) return {};
  return damaged(number, fmt::format("a leaf of the tag tree lies at depth {}, the header says {}",
                                     path_.size(), pages_.header().depth));
}

Result<void> TagTree::check_bounds(uint32_t number) {
  std::optional<std::string> from;
  std::optional<std::string> to;
  for (size_t level = path_.size(); level-- > 0 && (!from || !to);) {
    const size_t child = path_[level].child;
    VDE_TRY_ASSIGN(node, inner(path_[level].number));
    if (!from && child > 0) from = std::string(node->key(child - 1));
    if (!to && child < node->count()) to = std::string(node->key(child));
  }
  VDE_TRY_ASSIGN(there, leaf(number));
  TagView entry;
  size_t at = TagLeaf::kFirst;
  bool within = true;
  for (uint32_t i = 0; i < there.count() && there.read(at, entry); ++i) {
    if (i == 0 && from) within = entry.key >= *from;
    if (i + 1 == there.count() && to) within = within && entry.key <= *to;
  }
  if (within) return {};
  return damaged(number, "a leaf of the tag tree has tags beyond its separators");
}

Result<void> TagTree::check_next(uint32_t number, int32_t next, std::string_view key,
                                 int64_t inode) {
  if (next == 0) return {};
  if (next < 0 || next >= static_cast<int64_t>(pages_.count()))
    return damaged(number, "a leaf of the tag tree is followed by a block that is none");
  VDE_TRY_ASSIGN(after, leaf(static_cast<uint32_t>(next)));
  TagView first;
  size_t at = TagLeaf::kFirst;
  if (after.count() == 0 || !after.read(at, first)) return {};
  const int order = first.key.compare(key);
  if (order > 0 || (order == 0 && (!is_sorted() || first.inode >= inode))) return {};
  return damaged(number, "the tag tree does not lead to the leaf that follows this one");
}

Result<std::optional<uint32_t>> TagTree::advance(uint32_t from, int32_t next) {
  while (!path_.empty()) {
    VDE_TRY_ASSIGN(node, inner(path_.back().number));
    if (path_.back().child < node->count()) break;
    path_.pop_back();
  }
  std::optional<uint32_t> number;
  if (!path_.empty()) {
    ++path_.back().child;
    VDE_TRY_ASSIGN(below, child_of(path_.back().number, path_.back().child));
    VDE_TRY_ASSIGN(first, descend_left(below));
    number = first;
  }
  if (static_cast<int64_t>(number.value_or(0)) == next) return number;
  return damaged(from, "the chain of tag leaves is not that of the tree");
}

}  // namespace vde
