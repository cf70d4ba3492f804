// Searches a tag index of any program: equal keys in any order unless the index is marked as
// sorted, runs of them over many leaves, empty leaves, leaves with and without an index. Nothing in
// the index is trusted: a walk that would not end is kDamaged.
#pragma once

#include <array>

#include "format/tag/tag_extension.h"
#include "format/tag/tag_index.h"
#include "tag/tag_descent.h"
#include "tag/tag_nodes.h"
#include "tag/tag_read_cache.h"

#include "vde/activity.h"

namespace vde {

class TagSearch {
 public:
  // `region` must lie within the file of `io`; `mapping` shows its bytes, or is null. kDamaged if
  // the header is invalid. An allocated but uninitialized region is an empty index.
  [[nodiscard]] static Result<std::unique_ptr<TagSearch>> open(
      const BlockIo& io, BlockRange region, std::unique_ptr<FileMapping> mapping);

  // As in TagReader (vde/tags.h).
  [[nodiscard]] uint64_t entry_count() const { return entries_; }
  // The index says that equal keys are sorted by inode and that no key and inode occurs twice.
  [[nodiscard]] bool is_sorted() const { return sorted_; }
  [[nodiscard]] Result<uint64_t> get(std::string_view key, std::optional<int64_t> inode,
                                     const TagVisitor& visit);
  [[nodiscard]] Result<uint64_t> find(const TagQuery& query, const TagVisitor& visit);
  [[nodiscard]] Result<TagStats> stats(Activity& activity);

 private:
  friend class TagCursor;
  friend class TagDescent<TagSearch>;
  using Descent = TagDescent<TagSearch>;

  // An inner node, decoded once.
  struct Inner {
    TagInner keys;
    // The cached child nodes; empty if there are none, as above leaves. This keeps what a lookup
    // touches small enough for the processor's cache in a large index.
    std::vector<Inner*> below;
  };
  // See TagDescent.
  struct At {
    Inner* inner = nullptr;  // null: a leaf
    uint64_t number = 0;

    [[nodiscard]] const TagInner& keys() const { return inner->keys; }
  };
  // The end of a descent, with the separators around that leaf.
  struct LeafPlace {
    uint64_t number = 0;
    size_t depth = 0;
    const TagInner* node = nullptr;  // node with the right separator; null: there is none
    size_t child = 0;
    const TagInner* left_node = nullptr;  // node with the left separator; null: there is none
    size_t left_child = 0;

    void descend(const TagInner& keys, size_t to) {
      ++depth;
      if (to < keys.count()) {
        node = &keys;
        child = to;
      }
      if (to > 0) {
        left_node = &keys;
        left_child = to - 1;
      }
    }

    // True if leaves to the right may also begin with the key.
    [[nodiscard]] bool ends_with(std::string_view key) const {
      return node != nullptr && node->key(child) == key;
    }
  };
  // A line of the larger filter: block and offset.
  struct LinePlace {
    uint64_t number;
    size_t offset;
  };
  struct PathEntry {
    At at;
    size_t child;
  };
  // The inner nodes from the root to a leaf of a walk.
  using Path = std::vector<PathEntry>;
  // One entry of a leaf: its index and offset.
  struct Place {
    uint32_t i = 0;
    size_t at = TagLeaf::kFirst;
  };
  enum class Next { kDone, kNextLeaf };

  TagSearch(const BlockIo& io, BlockRange region, std::unique_ptr<FileMapping> mapping)
      : blocks_(io, region, std::move(mapping)) {}

  [[nodiscard]] Result<void> read_header(const BlockIo& io, BlockRange region);
  [[nodiscard]] bool may_contain(std::string_view key, uint64_t hash);
  [[nodiscard]] LinePlace line_place(uint64_t hash) const;
  [[nodiscard]] bool in_filter(uint64_t hash);
  void prefetch_filter(uint64_t hash) const;
  [[nodiscard]] Result<At> root();
  [[nodiscard]] Result<At> step(const At& at, size_t child);
  [[nodiscard]] Result<At> meet(uint64_t number);
  [[nodiscard]] Result<std::optional<TagView>> first(const At& leaf);
  [[nodiscard]] tl::unexpected<Error> damaged(uint64_t number, std::string what) const;
  // For an index that vdetool wrote: kDamaged if a leaf is not at the header's depth, or the root,
  // if it is the only leaf, does not have the header's count.
  [[nodiscard]] Result<void> check_depth(uint64_t number, size_t depth);
  // After all entries were read: kDamaged if their number differs from the header's count.
  [[nodiscard]] Result<void> check_count(uint64_t seen) const;
  // `key` belongs after all entries of `leaf`. kDamaged if it also belongs after the first entry of
  // the next leaf: that leaf is missing from the tree.
  [[nodiscard]] Result<void> check_next(uint64_t number, const TagLeaf& leaf, std::string_view key);
  // `key` was not found in a leaf. kDamaged if that is not the leaf that the tree refers to,
  // because its entries exceed the separators or the next leaf shows it.
  [[nodiscard]] Result<void> check_miss(const LeafPlace& place, std::string_view key);

  [[nodiscard]] static Place lower_bound(const TagLeaf& leaf, std::string_view key);
  [[nodiscard]] static std::optional<Place> first_match(const TagLeaf& leaf, std::string_view key,
                                                        uint64_t hash);
  [[nodiscard]] Result<LeafPlace> first_leaf(std::string_view key);
  [[nodiscard]] Result<uint64_t> get_run(const LeafPlace& start, std::string_view key,
                                         std::optional<int64_t> inode, uint64_t hash,
                                         const TagVisitor& visit);
  [[nodiscard]] Result<std::optional<uint64_t>> get_sorted(std::string_view key, int64_t inode,
                                                           const TagVisitor& visit);
  [[nodiscard]] Result<uint64_t> next_in_chain(uint64_t number, int32_t next,
                                               uint64_t& steps) const;

  [[nodiscard]] Result<uint64_t> find_forward(const TagQuery& query, const TagVisitor& visit);
  [[nodiscard]] Result<uint64_t> find_reverse(const TagQuery& query, const TagVisitor& visit);
  [[nodiscard]] Result<std::optional<uint64_t>> previous_leaf(Path& path, uint64_t& visits);
  [[nodiscard]] Result<std::optional<uint64_t>> following_leaf(Path& path);
  // Descends from the root to a leaf by the child that `choose(keys)` returns, and sets `path`.
  template <class Choose>
  [[nodiscard]] Result<uint64_t> start_walk(Path& path, const Choose& choose);
  [[nodiscard]] Result<uint64_t> descend_right(Path& path, At at, uint64_t& visits);

  [[nodiscard]] Result<void> count_nodes(Activity& activity, TagStats& stats);
  void measure_bloom(TagStats& stats);

  TagReadCache blocks_;
  bool empty_ = false;  // allocated but uninitialized: there is no root
  bool own_ = false;    // vdetool changed it last
  bool sorted_ = false;
  uint64_t entries_ = 0;
  TagIndexHeader header_;
  BlockBuffer bloom_;  // Bloom bits of block 0
  uint32_t filter_start_ = 0;
  uint32_t filter_lines_ = 0;  // 0: no line filter
  uint32_t lines_per_block_ = 1;
  bool found_last_ = false;  // result of the last get()
  std::optional<At> root_;
  TagNodeCache<Inner> inner_;
  std::vector<size_t> offsets_;  // of the leaf that is read backwards
};

template <class Choose>
Result<uint64_t> TagSearch::start_walk(Path& path, const Choose& choose) {
  path.clear();
  VDE_TRY_ASSIGN(at, root());
  const auto down = [&](const At& node) {
    path.push_back({node, choose(node.keys())});
    return path.back().child;
  };
  VDE_TRY(Descent::to_leaf(*this, at, 0, down));
  VDE_TRY(check_depth(at.number, path.size()));
  return at.number;
}

// The first key after all keys with `prefix`; nothing if there is none.
[[nodiscard]] std::optional<std::string> prefix_end(std::string_view prefix);

}  // namespace vde
