// Takes over an index that another program wrote last. Only block 0 is changed; everything else
// that must be known about it is determined in one walk. An index that is not a valid tree is not
// changed.
#include <fmt/format.h>

#include <algorithm>

#include "tag/tag_search.h"
#include "tag/tag_tree.h"

namespace vde {

struct TagTree::Walk {
  explicit Walk(uint32_t blocks) : reached(blocks) {}

  std::vector<bool> reached;
  uint32_t highest = kTagRoot;
  uint64_t entries = 0;
  bool sorted = true;  // equal keys in inode order, no duplicates, only a root leaf is empty
  std::optional<size_t> depth;   // depth of the leaves
  std::optional<int32_t> next;   // the next leaf according to the previous leaf
  std::optional<TagEntry> last;  // the previous entry
};

namespace {

// A node to be visited, with the separators around it.
struct Waiting {
  uint32_t number;
  size_t depth;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

}  // namespace

Result<void> TagTree::start_blank() {
  pages_.header() = TagIndexHeader{};
  pages_.header().bloom_bits = static_cast<int32_t>(default_bloom_bits(pages_.block_size()));
  VDE_TRY(pages_.take_over(kTagRoot + 1));
  pages_.extension().flags = kTagEqualKeysSorted;
  VDE_TRY_ASSIGN(root, pages_.edit(kTagRoot));
  return encode_tag_node(TagNode{}, root);
}

Result<void> TagTree::visit_leaf(Walk& walk, uint32_t number, size_t depth, const TagLeaf& leaf) {
  if (walk.depth.value_or(depth) != depth)
    return damaged(number, "tag leaves have different depths");
  walk.depth = depth;
  if (walk.next && *walk.next != static_cast<int64_t>(number))
    return damaged(number, "the chain of tag leaves differs from the tree");
  walk.next = leaf.next_leaf();
  if (leaf.count() == 0 && number != kTagRoot) walk.sorted = false;
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count(); ++i) {
    if (!leaf.read(at, entry)) return damaged(number, "an entry of a tag leaf runs past its block");
    if (walk.last) {
      const int order = walk.last->key.compare(entry.key);
      if (order > 0) return damaged(number, "tags are out of order");
      if (order == 0 && walk.last->inode >= entry.inode) walk.sorted = false;
    } else {
      walk.last.emplace();
    }
    walk.last->key.assign(entry.key);
    walk.last->inode = entry.inode;
    ++walk.entries;
  }
  return {};
}

// Depth first, left to right. Checks the separators only at the first and last entry of each leaf;
// the entries between are in order.
Result<void> TagTree::adopt() {
  Walk walk(pages_.count());
  std::vector<Waiting> waiting{{kTagRoot, 0, std::nullopt, std::nullopt}};
  while (!waiting.empty()) {
    const Waiting at = std::move(waiting.back());
    waiting.pop_back();
    if (walk.reached[at.number])
      return damaged(at.number, "a node of the tag tree has two parents");
    if (at.depth == kMaxTagLevels) return damaged(at.number, "the tag tree contains a cycle");
    walk.reached[at.number] = true;
    walk.highest = std::max(walk.highest, at.number);
    // The header to be written must be the newest block.
    VDE_TRY_ASSIGN(future, pages_.is_from_the_future(at.number));
    if (future) VDE_TRY(pages_.edit(at.number));
    may_forget();
    VDE_TRY_ASSIGN(met, meet(at.number));
    if (met.inner == nullptr) {
      VDE_TRY_ASSIGN(node, leaf(at.number));
      TagView first;
      size_t byte = TagLeaf::kFirst;
      if (node.count() > 0 && node.read(byte, first) && at.from && first.key < *at.from)
        return damaged(at.number, "a tag is less than the separator before it");
      VDE_TRY(visit_leaf(walk, at.number, at.depth, node));
      if (node.count() > 0 && at.to && walk.last->key > *at.to)
        return damaged(at.number, "a tag is greater than the separator after it");
      continue;
    }
    const TagInner& keys = met.keys();
    if (keys.count() == 0) walk.sorted = false;
    for (size_t i = keys.count() + 1; i-- > 0;) {
      VDE_TRY_ASSIGN(child, child_of(met, i));
      waiting.push_back({child, at.depth + 1,
                         i > 0 ? std::optional(std::string(keys.key(i - 1))) : at.from,
                         i < keys.count() ? std::optional(std::string(keys.key(i))) : at.to});
    }
  }
  if (walk.next.value_or(0) != 0)
    return damaged(0, "the chain of tag leaves continues after the last leaf");
  if (walk.entries != static_cast<uint64_t>(pages_.header().entry_count))
    return damaged(0, fmt::format("the tag index counts {} tags, but has {}",
                                  pages_.header().entry_count, walk.entries));
  pages_.header().depth = static_cast<int16_t>(walk.depth.value_or(0));
  // Blocks that another program left after the last node must not be mistaken for nodes missing
  // from the header.
  VDE_TRY_ASSIGN(end, pages_.end_of_content(walk.highest + 1));
  VDE_TRY(pages_.take_over(end));
  if (walk.sorted) pages_.extension().flags = kTagEqualKeysSorted;
  VDE_TRY(free_unreached(walk.reached));
  return build_filters();
}

Result<void> TagTree::free_unreached(const std::vector<bool>& reached) {
  for (uint32_t number = pages_.extension().high_water; number-- > kTagRoot + 1;)
    if (!reached[number]) VDE_TRY(pages_.release(number));
  return {};
}

// Two walks along the leaves: the first counts the keys, the second adds them.
Result<void> TagTree::build_filters() {
  uint64_t keys = 0;
  for (const bool counting : {true, false}) {
    if (!counting) {
      const uint64_t bits = static_cast<uint64_t>(pages_.header().bloom_bits);
      VDE_TRY(pages_.restart_filters(keys, uint64_t{10} * keys > bits));
    }
    path_.clear();
    VDE_TRY_ASSIGN(root, meet(kTagRoot));
    VDE_TRY_ASSIGN(start, first_leaf(root));
    std::optional<uint32_t> number = start;
    std::optional<std::string> last;
    for (uint64_t steps = 0; number; ++steps) {
      if (steps > pages_.count()) return damaged(*number, "the tag tree contains a cycle");
      // note_key() reads other blocks, so read the leaf again.
      VDE_TRY_ASSIGN(payload, pages_.read(*number));
      const BlockBuffer bytes(payload.begin(), payload.end());
      const std::optional<TagLeaf> leaf = TagLeaf::open(bytes);
      if (!leaf) return damaged(*number, "a block of the tag tree is not a leaf");
      TagView entry;
      size_t at = TagLeaf::kFirst;
      for (uint32_t i = 0; i < leaf->count() && leaf->read(at, entry); ++i) {
        if (last && *last == entry.key) continue;
        last.emplace(entry.key);
        if (counting)
          ++keys;
        else
          VDE_TRY(pages_.note_key(entry.key, true));
      }
      VDE_TRY_ASSIGN(next, advance(*number, leaf->next_leaf()));
      number = next;
    }
  }
  return {};
}

}  // namespace vde
