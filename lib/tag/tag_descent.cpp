// Finding the way from the root to a leaf.
#include <fmt/format.h>

#include "tag/tag_search.h"
#include "tag/tag_tree.h"

namespace vde {
tl::unexpected<Error> TagTree::damaged(uint64_t number, std::string what) const {
  return fail_at(pages_.place(number), ErrorCode::kDamaged, std::move(what), kRunRepair);
}

Result<TagTree::At> TagTree::meet(uint32_t number) {
  if (const TagInner* kept = nodes_.find(number)) return At{kept, number};
  VDE_TRY_ASSIGN(payload, pages_.read(number));
  if (payload[0] == kTagLeafType) return At{nullptr, number};
  Result<TagInner> decoded = TagInner::decode(payload);
  if (!decoded) return damaged(number, std::move(decoded.error().message));
  return At{nodes_.keep(number, std::move(*decoded)), number};
}

Result<const TagInner*> TagTree::inner(uint32_t number) {
  VDE_TRY_ASSIGN(at, meet(number));
  if (at.inner == nullptr) return damaged(number, "the block is not an inner node of the tag tree");
  return at.inner;
}

Result<TagLeaf> TagTree::leaf(uint32_t number) {
  VDE_TRY_ASSIGN(payload, pages_.read(number));
  std::optional<TagLeaf> leaf = TagLeaf::open(payload);
  if (!leaf) return damaged(number, "a block of the tag tree is not a leaf");
  const TagLeaf::Shape shape = leaf->shape();
  if (shape == TagLeaf::Shape::kBroken)
    return damaged(number, "an entry of a tag leaf runs past its block");
  if (shape == TagLeaf::Shape::kNoIndex) leaf->forget_index();
  return *leaf;
}

Result<uint32_t> TagTree::child_of(const At& at, size_t child) const {
  const int32_t below = at.keys().child(child);
  if (below <= static_cast<int32_t>(kTagRoot) || below >= static_cast<int64_t>(pages_.count()))
    return damaged(at.number,
                   fmt::format("the tag tree refers to its block {}, which is not a node", below));
  return static_cast<uint32_t>(below);
}

Result<uint32_t> TagTree::child_of(uint32_t number, size_t child) {
  VDE_TRY_ASSIGN(node, inner(number));
  return child_of(At{node, number}, child);
}

Result<TagTree::At> TagTree::step(const At& at, size_t child) {
  VDE_TRY_ASSIGN(below, child_of(at, child));
  return meet(below);
}

// A sorted index has no empty leaf.
Result<std::optional<TagView>> TagTree::first(const At& at) {
  VDE_TRY_ASSIGN(there, leaf(at.number));
  TagView entry;
  size_t byte = TagLeaf::kFirst;
  if (there.count() == 0 || !there.read(byte, entry))
    return damaged(at.number, "a leaf of a sorted tag index is empty");
  return std::optional<TagView>(entry);
}

// True if the last entry below `at` has this key.
Result<bool> TagTree::ends_with(At at, std::string_view key) {
  VDE_TRY(Descent::to_leaf(*this, at, 0, [](const At& node) { return node.keys().count(); }));
  const uint32_t number = at.number;
  VDE_TRY_ASSIGN(last, leaf(number));
  TagView entry;
  size_t byte = TagLeaf::kFirst;
  for (uint32_t i = 0; i < last.count(); ++i)
    if (!last.read(byte, entry))
      return damaged(number, "an entry of a tag leaf runs past its block");
  return last.count() > 0 && entry.key == key;
}

// For sorted equal keys, as in a lookup. Exception: a run that starts after the wanted entry stays
// in one piece, so an entry that precedes its first one goes to its front.
Result<size_t> TagTree::choose(const At& at, std::string_view key, int64_t inode) {
  const size_t end = at.keys().upper(key);
  if (!is_sorted()) return end;
  const size_t first = at.keys().lower(key);
  if (first == end) return end;
  VDE_TRY_ASSIGN(child, Descent::choose(*this, at, key, inode));
  if (*child > first) return *child;
  VDE_TRY_ASSIGN(below, step(at, first));
  VDE_TRY_ASSIGN(begun, ends_with(below, key));
  return begun ? first : first + 1;
}

Result<uint32_t> TagTree::locate(std::string_view key, int64_t inode) {
  const auto to_entry = [&](const At& at) { return choose(at, key, inode); };
  VDE_TRY_ASSIGN(number, go_down(to_entry));
  VDE_TRY(check_depth(number));
  return number;
}

Result<uint32_t> TagTree::locate_first(std::string_view key) {
  const auto lowest = [&](const At& at) -> Result<size_t> { return at.keys().lower(key); };
  VDE_TRY_ASSIGN(number, go_down(lowest));
  VDE_TRY(check_depth(number));
  return number;
}

Result<uint32_t> TagTree::first_leaf(const At& from) {
  const auto leftmost = [](const At&) -> Result<size_t> { return size_t{0}; };
  return go_down(from, leftmost);
}

// A stale root or inner node leads to leaves that are no longer the right ones.
Result<void> TagTree::check_depth(uint32_t number) {
  if (path_.size() == static_cast<size_t>(pages_.header().depth)) return {};
  return damaged(number, fmt::format("a leaf of the tag tree has depth {}, but the header says {}",
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
    return damaged(number, "the next leaf of a leaf of the tag tree is not a leaf");
  VDE_TRY_ASSIGN(after, leaf(static_cast<uint32_t>(next)));
  TagView first;
  size_t at = TagLeaf::kFirst;
  if (after.count() == 0 || !after.read(at, first)) return {};
  const int order = first.key.compare(key);
  if (order > 0 || (order == 0 && (!is_sorted() || first.inode >= inode))) return {};
  return damaged(number, "the leaf after this one is missing from the tag tree");
}

Result<std::optional<uint32_t>> TagTree::advance(uint32_t from, int32_t next) {
  may_forget();
  std::optional<uint32_t> number;
  for (; !path_.empty(); path_.pop_back()) {
    const Parent parent = path_.back();
    VDE_TRY_ASSIGN(node, inner(parent.number));
    if (parent.child >= node->count()) continue;
    ++path_.back().child;
    VDE_TRY_ASSIGN(below, step({node, parent.number}, parent.child + 1));
    VDE_TRY_ASSIGN(first, first_leaf(below));
    number = first;
    break;
  }
  if (static_cast<int64_t>(number.value_or(0)) == next) return number;
  return damaged(from, "the chain of tag leaves differs from the tree");
}

}  // namespace vde
