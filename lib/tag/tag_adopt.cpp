// Taking over an index that another program wrote last: its blocks stay as they are, but for block
// 0; what is to be known of them is found out in one walk. What is no tree is not written to.
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
  bool sorted = true;            // equal keys by inode, none twice, no leaf empty but a root
  std::optional<size_t> depth;   // of the leaves
  std::optional<int32_t> next;   // what the leaf before said follows
  std::optional<TagEntry> last;  // the entry before
};

namespace {

// A node that waits for its visit, with the separators around it.
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
  if (walk.depth.value_or(depth) != depth) return damaged(number, "tag leaves differ in depth");
  walk.depth = depth;
  if (walk.next && *walk.next != static_cast<int64_t>(number))
    return damaged(number, "the chain of tag leaves is not that of the tree");
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

// Depth first, left to right. The separators' bounds are checked at each leaf's ends: what lies
// between is in order.
Result<void> TagTree::adopt() {
  Walk walk(pages_.count());
  std::vector<Waiting> waiting{{kTagRoot, 0, std::nullopt, std::nullopt}};
  while (!waiting.empty()) {
    const Waiting at = std::move(waiting.back());
    waiting.pop_back();
    if (walk.reached[at.number])
      return damaged(at.number, "the tag tree reaches a node in two ways");
    if (at.depth == kMaxTagLevels) return damaged(at.number, "the tag tree has no end");
    walk.reached[at.number] = true;
    walk.highest = std::max(walk.highest, at.number);
    // The header to come must be the newest block.
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
        return damaged(at.number, "a tag is greater than the separator behind it");
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
    return damaged(0, "the chain of tag leaves goes on behind the last");
  if (walk.entries != static_cast<uint64_t>(pages_.header().entry_count))
    return damaged(0, fmt::format("the tag index claims {} entries and has {}",
                                  pages_.header().entry_count, walk.entries));
  pages_.header().depth = static_cast<int16_t>(walk.depth.value_or(0));
  // What others left after the last node must not be taken for a node that the header forgot.
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

// Two walks along the leaves: how many keys there are, then each of them.
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
      if (steps > pages_.count()) return damaged(*number, "the tag tree has no end");
      // Noting a key reads other blocks: the leaf's bytes must stay.
      VDE_TRY_ASSIGN(payload, pages_.read(*number));
      const BlockBuffer bytes(payload.begin(), payload.end());
      const std::optional<TagLeaf> leaf = TagLeaf::open(bytes);
      if (!leaf) return damaged(*number, "a block of the tag tree is no leaf");
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
