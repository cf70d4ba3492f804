// Searches a tag index, whoever wrote it: equal keys in any order unless the index says they are
// sorted, runs of them over many leaves, empty leaves, leaves with and without index. Nothing in
// the index is believed: a walk that would not end is kDamaged.
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
  // `region` lies within the file behind `io`; `mapping` shows its bytes, or is null. kDamaged
  // where the header makes no sense. A region that was made but never used is an empty index.
  [[nodiscard]] static Result<std::unique_ptr<TagSearch>> open(
      const BlockIo& io, BlockRange region, std::unique_ptr<FileMapping> mapping);

  // As those of TagReader (vde/tags.h).
  [[nodiscard]] uint64_t entry_count() const { return entries_; }
  [[nodiscard]] Result<uint64_t> get(std::string_view key, std::optional<int64_t> inode,
                                     const TagVisitor& visit);
  [[nodiscard]] Result<uint64_t> find(const TagQuery& query, const TagVisitor& visit);
  [[nodiscard]] Result<TagStats> stats(Activity& activity);

 private:
  friend class TagDescent<TagSearch>;
  using Descent = TagDescent<TagSearch>;

  // An inner node, taken apart when it was first met.
  struct Inner {
    TagInner keys;
    // The child where it is an inner node that was met; empty where there is none such, as above
    // leaves: of a large index, what a lookup touches stays in the processor's own cache.
    std::vector<Inner*> below;
  };
  // As TagDescent wants it.
  struct At {
    Inner* inner = nullptr;  // null: a leaf
    uint64_t number = 0;

    [[nodiscard]] const TagInner& keys() const { return inner->keys; }
  };
  // Where a descent ended, and the separators around that leaf.
  struct LeafPlace {
    uint64_t number = 0;
    size_t depth = 0;
    const TagInner* node = nullptr;  // of the right one; null: there is none
    size_t child = 0;
    const TagInner* left_node = nullptr;  // of the left one; null: there is none
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

    // Leaves to the right may begin with the key, too.
    [[nodiscard]] bool ends_with(std::string_view key) const {
      return node != nullptr && node->key(child) == key;
    }
  };
  // A line of the larger filter: its block, and its byte in there.
  struct LinePlace {
    uint64_t number;
    size_t offset;
  };
  struct PathEntry {
    At at;
    size_t child;
  };
  // One entry of a leaf: its index, and the byte where it begins.
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
  // kDamaged where an index that vdetool made has leaves at another depth than the header says, or
  // one leaf, the root, with another count.
  [[nodiscard]] Result<void> check_depth(uint64_t number, size_t depth);
  // All entries were looked at: kDamaged where they are not as many as the header counts.
  [[nodiscard]] Result<void> check_count(uint64_t seen) const;
  // `key` belongs after all entries of `leaf`: kDamaged where it belongs after the first one of the
  // next leaf, too, of which the tree does not know then.
  [[nodiscard]] Result<void> check_next(uint64_t number, const TagLeaf& leaf, std::string_view key);
  // `key` was not found in a leaf: kDamaged where that is not the leaf that the tree means, as its
  // entries lie beyond the separators, or the next one shows it.
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
  [[nodiscard]] Result<uint64_t> next_in_chain(uint64_t number, const TagLeaf& leaf,
                                               uint64_t& steps) const;

  [[nodiscard]] Result<uint64_t> find_forward(const TagQuery& query, const TagVisitor& visit);
  [[nodiscard]] Result<uint64_t> find_reverse(const TagQuery& query, const TagVisitor& visit);
  [[nodiscard]] Result<std::optional<uint64_t>> previous_leaf(uint64_t& visits);
  [[nodiscard]] Result<std::optional<uint64_t>> following_leaf();
  // From the root to a leaf, by the child that `choose(keys)` names; the path leads there.
  template <class Choose>
  [[nodiscard]] Result<uint64_t> start_walk(const Choose& choose);
  [[nodiscard]] Result<uint64_t> descend_right(At at, uint64_t& visits);

  [[nodiscard]] Result<void> count_nodes(Activity& activity, TagStats& stats);
  void measure_bloom(TagStats& stats);

  TagReadCache blocks_;
  bool empty_ = false;  // made but never used: there is no root
  bool own_ = false;    // vdetool changed it last
  bool sorted_ = false;
  uint64_t entries_ = 0;
  TagIndexHeader header_;
  BlockBuffer bloom_;  // bits of block 0
  uint32_t filter_start_ = 0;
  uint32_t filter_lines_ = 0;  // 0: no line filter
  uint32_t lines_per_block_ = 1;
  bool found_last_ = false;  // by get()
  std::optional<At> root_;
  TagNodeCache<Inner> inner_;
  std::vector<PathEntry> path_;  // of a walk
  std::vector<size_t> offsets_;  // of the leaf that is read backwards
  std::string last_;             // the last key of the leaf before
};

// The first key behind all that begin with `prefix`; nothing where there is none.
[[nodiscard]] std::optional<std::string> prefix_end(std::string_view prefix);

}  // namespace vde
