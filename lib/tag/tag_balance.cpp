// Splits nodes that are too full and merges nodes that are too empty. No reference to a block's
// bytes is kept while another block is allocated or released, because the region may move.
#include <fmt/format.h>

#include <algorithm>

#include "tag/tag_search.h"
#include "tag/tag_tree.h"

namespace vde {
namespace {

// A node that is less than a third full looks for a neighbor. The merged node may be at most four
// fifths full, so that the next changes do not split it again.
constexpr size_t kMergeBelow = 3;
constexpr size_t kMergeRoomNumerator = 4;
constexpr size_t kMergeRoomDenominator = 5;

bool too_empty(size_t bytes, size_t payload) {
  return bytes * kMergeBelow < payload;
}

bool leaves_room(size_t bytes, size_t payload) {
  return bytes * kMergeRoomDenominator <= payload * kMergeRoomNumerator;
}

// The encoded size of keys [begin, end) with one more child.
size_t inner_size(const TagInner& node, size_t begin, size_t end) {
  size_t bytes = kTagNodeHead + kTagLinkSize;
  for (size_t i = begin; i < end; ++i) bytes += encoded_key_size(node.key(i)) + kTagLinkSize;
  return bytes;
}

// Node numbers for `count` pieces of node `number`: itself and new ones. For the root, all are new,
// and the root becomes their parent.
Result<std::vector<int32_t>> nodes_for(TagWriterPages& pages, uint32_t number, size_t count) {
  std::vector<int32_t> numbers;
  if (number != kTagRoot) numbers.push_back(static_cast<int32_t>(number));
  while (numbers.size() < count) {
    VDE_TRY_ASSIGN(fresh, pages.allocate());
    numbers.push_back(static_cast<int32_t>(fresh));
  }
  return numbers;
}

TagInner root_above(const std::vector<std::string>& separators,
                    const std::vector<int32_t>& children) {
  TagInner root(children[0]);
  for (size_t i = 0; i < separators.size(); ++i) root.insert(i, separators[i], children[i + 1]);
  return root;
}

}  // namespace

// Entries in leaves: split between keys, as close to the middle as possible, until each piece fits.
// A run of equal keys that does not fit into a leaf is split within. Appending leaves full leaves.
std::vector<TagTree::Piece> TagTree::divide_entries(const std::vector<TagView>& entries,
                                                    bool appended) const {
  const size_t payload = pages_.payload_bytes();
  std::vector<size_t> ends{0};  // total size of the entries before
  for (const TagView& entry : entries) ends.push_back(ends.back() + tag_entry_size(entry));
  const auto fits = [&](size_t begin, size_t end) {
    const size_t bytes = ends[end] - ends[begin];
    return tag_leaf_holds_indexed(payload, bytes, end - begin) ||
           (tag_leaf_holds(payload, bytes) && entries[begin].key == entries[end - 1].key);
  };
  const auto cut_of = [&](size_t begin, size_t end) {
    const bool one_run = entries[begin].key == entries[end - 1].key;
    size_t best = 0;
    size_t best_distance = SIZE_MAX;
    for (size_t i = begin + 1; i < end; ++i) {
      if (!one_run && entries[i - 1].key == entries[i].key) continue;
      const size_t left = ends[i] - ends[begin];
      const size_t right = ends[end] - ends[i];
      size_t distance = left > right ? left - right : right - left;
      if (appended) distance = fits(begin, i) ? right : SIZE_MAX - 1;
      if (distance >= best_distance) continue;
      best = i;
      best_distance = distance;
    }
    return best;
  };
  std::vector<Piece> pieces;
  std::vector<Piece> waiting{{0, entries.size()}};
  while (!waiting.empty()) {
    const Piece piece = waiting.back();
    waiting.pop_back();
    if (piece.end - piece.begin == 1 || fits(piece.begin, piece.end)) {
      pieces.push_back(piece);
      continue;
    }
    const size_t cut = cut_of(piece.begin, piece.end);
    waiting.push_back({cut, piece.end});
    waiting.push_back({piece.begin, cut});
  }
  return pieces;
}

Result<void> TagTree::split_leaf(uint32_t number, const TagView& entry, size_t i) {
  VDE_TRY_ASSIGN(payload, pages_.read(number));
  // The editor knows the entries, but may have changed the bytes without storing the count.
  BlockBuffer old(payload.begin(), payload.end());
  std::vector<TagView> entries;
  for (size_t k = 0; k < editor_.count(); ++k) {
    size_t at = static_cast<size_t>(editor_.encoded(k).data() - editor_.encoded(0).data()) +
                TagLeaf::kFirst;
    const Bytes bytes = Bytes(old).subspan(at, editor_.encoded(k).size());
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const size_t key = bytes[0];
    const TagView original = editor_.entry(k);
    entries.push_back(
        {{text + 1, key}, {text + 2 + key, bytes[1 + key]}, original.inode, original.block});
  }
  const int32_t next = editor_.next_leaf();
  entries.insert(entries.begin() + static_cast<ptrdiff_t>(i), entry);
  const bool appended = next == 0 && i + 1 == entries.size();
  const std::vector<Piece> pieces = divide_entries(entries, appended);
  VDE_TRY_ASSIGN(numbers, nodes_for(pages_, number, pieces.size()));
  std::vector<std::string> separators;
  for (size_t k = 0; k < pieces.size(); ++k) {
    VDE_TRY_ASSIGN(to, pages_.edit(static_cast<uint32_t>(numbers[k])));
    TagLeafWriter writer(to);
    for (size_t e = pieces[k].begin; e < pieces[k].end; ++e)
      writer.add(entries[e], tag_key_hash(entries[e].key));
    writer.finish(k + 1 < pieces.size() ? numbers[k + 1] : next);
    if (k > 0)
      separators.push_back(
          tag_separator(entries[pieces[k].begin - 1].key, entries[pieces[k].begin].key));
  }
  if (number != kTagRoot)
    return add_children(path_.size() - 1, separators, {numbers.begin() + 1, numbers.end()});
  pages_.header().depth = 1;
  return write_inner(kTagRoot, root_above(separators, numbers));
}

bool TagTree::fits(size_t keys, size_t bytes) const {
  return bytes <= pages_.payload_bytes() && keys <= max_node_keys(pages_.block_size());
}

Result<void> TagTree::write_inner(uint32_t number, TagInner node) {
  if (!fits(node.count(), node.encoded_size()))
    return fail(ErrorCode::kNoSpace, fmt::format("a tag node of {} keys and {} bytes does not fit",
                                                 node.count(), node.encoded_size()));
  VDE_TRY_ASSIGN(payload, pages_.edit(number));
  node.encode(payload);
  nodes_.keep(number, std::move(node));
  return {};
}

// Removes key `separator` of a node, and the child to its right.
Result<void> TagTree::erase_child(uint32_t number, size_t separator) {
  VDE_TRY(inner(number));
  VDE_TRY_ASSIGN(payload, pages_.edit(number));
  TagInner& node = *nodes_.find(number);
  node.erase(separator);
  node.encode(payload);
  return {};
}

// Inserts new children after the one on the path at `level`.
Result<void> TagTree::add_children(size_t level, const std::vector<std::string>& keys,
                                   const std::vector<int32_t>& children) {
  if (keys.empty()) return {};
  const Parent parent = path_[level];
  VDE_TRY_ASSIGN(old, inner(parent.number));
  const size_t more = encoded_key_size(keys[0]) + kTagLinkSize;
  if (keys.size() == 1 && fits(old->count() + 1, old->encoded_size() + more)) {
    VDE_TRY_ASSIGN(payload, pages_.edit(parent.number));
    TagInner& node = *nodes_.find(parent.number);
    node.insert(parent.child, keys[0], children[0]);
    node.encode(payload);
    return {};
  }
  TagInner node = *old;
  for (size_t i = 0; i < keys.size(); ++i) node.insert(parent.child + i, keys[i], children[i]);
  return put_inner(level, std::move(node));
}

// Keys in inner nodes: the key between two pieces moves up. Each piece has at least one key.
std::vector<TagTree::Piece> TagTree::divide_keys(const TagInner& node) const {
  std::vector<Piece> pieces;
  std::vector<Piece> waiting{{0, node.count()}};
  while (!waiting.empty()) {
    const Piece piece = waiting.back();
    waiting.pop_back();
    const size_t count = piece.end - piece.begin;
    const size_t bytes = inner_size(node, piece.begin, piece.end);
    if (count < 3 || fits(count, bytes)) {
      pieces.push_back(piece);
      continue;
    }
    size_t cut = piece.begin + 1;
    size_t left = inner_size(node, piece.begin, cut);
    while (cut + 2 < piece.end && left * 2 < bytes)
      left += encoded_key_size(node.key(cut++)) + kTagLinkSize;
    waiting.push_back({cut + 1, piece.end});
    waiting.push_back({piece.begin, cut});
  }
  return pieces;
}

// Writes `node` as the path's node at `level`, in as many nodes as needed.
Result<void> TagTree::put_inner(size_t level, TagInner node) {
  const uint32_t number = path_[level].number;
  const std::vector<Piece> pieces = divide_keys(node);
  if (pieces.size() == 1) return write_inner(number, std::move(node));
  VDE_TRY_ASSIGN(numbers, nodes_for(pages_, number, pieces.size()));
  std::vector<std::string> separators;
  for (size_t k = 0; k < pieces.size(); ++k) {
    const Piece& piece = pieces[k];
    VDE_TRY(write_inner(static_cast<uint32_t>(numbers[k]), node.part(piece.begin, piece.end)));
    if (k > 0) separators.emplace_back(node.key(piece.begin - 1));
  }
  if (number != kTagRoot)
    return add_children(level - 1, separators, {numbers.begin() + 1, numbers.end()});
  if (pages_.header().depth == INT16_MAX) return damaged(0, "the tag tree is too deep");
  ++pages_.header().depth;
  return write_inner(kTagRoot, root_above(separators, numbers));
}

// Entries were removed from the leaf at the end of the path: it may be removed or merged.
Result<void> TagTree::repair_leaf(uint32_t number) {
  if (path_.empty()) return {};
  VDE_TRY_ASSIGN(payload, pages_.edit(number));
  VDE_TRY(editor_.load(payload));
  if (editor_.count() > 0 && !too_empty(editor_.entry_bytes(), pages_.payload_bytes())) return {};
  const Parent parent = path_.back();
  VDE_TRY_ASSIGN(node, inner(parent.number));
  const size_t last = node->count();
  if (parent.child > 0) {
    VDE_TRY_ASSIGN(left, child_of(parent.number, parent.child - 1));
    VDE_TRY_ASSIGN(merged, merge_leaves(left, number, parent.child - 1));
    if (merged) return {};
  }
  if (parent.child >= last) return {};
  VDE_TRY_ASSIGN(right, child_of(parent.number, parent.child + 1));
  VDE_TRY(merge_leaves(number, right, parent.child));
  return {};
}

// Moves the right leaf's entries to the left one, if there is room or one of them is empty.
Result<bool> TagTree::merge_leaves(uint32_t left, uint32_t right, size_t separator) {
  const size_t payload = pages_.payload_bytes();
  VDE_TRY_ASSIGN(to, pages_.edit(left));
  TagLeafEditor into;
  VDE_TRY(into.load(to));
  if (into.next_leaf() != static_cast<int32_t>(right))
    return damaged(left, "the chain of tag leaves differs from the tree");
  VDE_TRY_ASSIGN(from, pages_.edit(right));
  TagLeafEditor gone;
  VDE_TRY(gone.load(from));
  const size_t bytes = into.entry_bytes() + gone.entry_bytes();
  const bool one_is_empty = into.count() == 0 || gone.count() == 0;
  if (!one_is_empty && (!leaves_room(bytes, payload) ||
                        !tag_leaf_holds_indexed(payload, bytes, into.count() + gone.count())))
    return false;
  const int32_t next = gone.next_leaf();
  if (into.count() == 0) {
    std::copy(from.begin(), from.end(), to.begin());
  } else {
    for (size_t i = 0; i < gone.count(); ++i) into.insert(into.count(), gone.entry(i));
    into.store();
    into.set_next_leaf(next);
  }
  VDE_TRY(pages_.release(right));
  VDE_TRY(drop_child(path_.size() - 1, separator));
  return true;
}

// Removes key `separator` and the child to its right, which is gone.
Result<void> TagTree::drop_child(size_t level, size_t separator) {
  const uint32_t number = path_[level].number;
  VDE_TRY(erase_child(number, separator));
  return number == kTagRoot ? shorten() : repair_inner(level);
}

// If a separator equals the key, the SDK searches to its right. When the last entry of the key
// there is removed, and others may be left of it, the separator must become greater than the key.
Result<void> TagTree::raise_separators(const std::string& key) {
  // there are more in a row only if another program left empty leaves
  constexpr int kMaxAtOnce = 8;
  for (int i = 0; i < kMaxAtOnce; ++i) {
    const auto highest = [&](const At& at) -> Result<size_t> { return at.keys().upper(key); };
    VDE_TRY_ASSIGN(number, go_down(highest));
    size_t level = path_.size();  // of the separator left of the leaf, plus one
    while (level > 0 && path_[level - 1].child == 0) --level;
    if (level == 0) return {};
    const Parent parent = path_[--level];
    VDE_TRY_ASSIGN(there, leaf(number));
    TagView first;
    size_t at = TagLeaf::kFirst;
    const bool has_first = there.count() > 0 && there.read(at, first);
    if (has_first && first.key <= key) return {};
    const std::string raised = has_first ? tag_separator(key, first.key) : key + '\0';
    VDE_TRY_ASSIGN(old, inner(parent.number));
    if (old->key(parent.child - 1) != key || raised.size() > kMaxTagKey) return {};
    TagInner node = *old;
    node.set_key(parent.child - 1, raised);
    VDE_TRY(put_inner(level, std::move(node)));
  }
  return {};
}

// Replaces a root with one child by that child.
Result<void> TagTree::shorten() {
  for (size_t levels = 0; levels < kMaxTagLevels; ++levels) {
    VDE_TRY_ASSIGN(root, meet(kTagRoot));
    if (root.inner == nullptr || root.keys().count() > 0) return {};
    VDE_TRY_ASSIGN(child, child_of(root, 0));
    VDE_TRY_ASSIGN(payload, pages_.read(child));
    const BlockBuffer content(payload.begin(), payload.end());
    nodes_.forget(kTagRoot);
    nodes_.forget(child);
    VDE_TRY_ASSIGN(to, pages_.edit(kTagRoot));
    std::copy(content.begin(), content.end(), to.begin());
    VDE_TRY(pages_.release(child));
    --pages_.header().depth;
  }
  return {};
}

// An inner node that lost a key: merges it with a neighbor if both fit into one node; otherwise, if
// it has no key left, moves keys from the neighbor.
Result<void> TagTree::repair_inner(size_t level) {
  const Parent parent = path_[level - 1];
  VDE_TRY_ASSIGN(node, inner(path_[level].number));
  const bool without_key = node->count() == 0;
  if (!without_key && !too_empty(node->encoded_size(), pages_.payload_bytes())) return {};
  VDE_TRY_ASSIGN(above, inner(parent.number));
  if (above->count() == 0) return {};
  const size_t separator = parent.child > 0 ? parent.child - 1 : 0;
  const std::string key(above->key(separator));
  VDE_TRY_ASSIGN(left, child_of(parent.number, separator));
  VDE_TRY_ASSIGN(right, child_of(parent.number, separator + 1));
  VDE_TRY_ASSIGN(left_node, inner(left));
  TagInner both = *left_node;
  VDE_TRY_ASSIGN(right_node, inner(right));
  both.append(key, *right_node);
  const size_t bytes = both.encoded_size();
  if (fits(both.count(), bytes) && (without_key || leaves_room(bytes, pages_.payload_bytes()))) {
    VDE_TRY(write_inner(left, std::move(both)));
    nodes_.forget(right);
    VDE_TRY(pages_.release(right));
    return drop_child(level - 1, separator);
  }
  if (!without_key) return {};
  // Too much for one node: removes the right one, and splits what does not fit into the left one.
  nodes_.forget(right);
  VDE_TRY(pages_.release(right));
  VDE_TRY(erase_child(parent.number, separator));
  path_[level - 1].child = separator;
  path_[level].number = left;
  return put_inner(level, std::move(both));
}

}  // namespace vde
