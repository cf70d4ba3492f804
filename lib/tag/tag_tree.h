// Changes a tag index in place. An operation touches the few blocks between root and leaf.
//
// Nodes are split and merged by size. A separator is the shortest text that is greater than all
// keys to its left and not greater than those to its right. Only within a run of equal keys that is
// longer than a leaf, the separator is the key itself. A run that fits a leaf is never split.
#pragma once

#include <memory>

#include "format/tag/tag_leaf.h"
#include "tag/tag_descent.h"
#include "tag/tag_nodes.h"
#include "tag/tag_writer_pages.h"

namespace vde {

class TagTree {
 public:
  // Opens the index in slot `slot`, as `transaction` sees it. An index that another program wrote
  // last is adopted: it is walked once to find its free blocks and to rebuild its filters. kDamaged
  // if it is not a valid tree. Transaction, allocator and nodes must outlive the tree. After an
  // error of any call the transaction cannot be used. `nodes` must be empty or belong to the last
  // commit of this index; they can be used for the next tree, but must be cleared if the
  // transaction is not committed.
  [[nodiscard]] static Result<std::unique_ptr<TagTree>> open(Transaction& transaction,
                                                             Allocator& allocator, TagNodes& nodes,
                                                             size_t slot);

  // As in TagEditor (vde/tags.h).
  [[nodiscard]] Result<bool> set(const TagView& entry);
  [[nodiscard]] Result<bool> remove(std::string_view key, int64_t inode);
  [[nodiscard]] Result<uint64_t> remove_all(int64_t inode);

  // Writes the header. Required before the transaction commits.
  [[nodiscard]] Result<void> flush() { return pages_.flush(); }

 private:
  friend class TagDescent<TagTree>;
  using Descent = TagDescent<TagTree>;

  // See TagDescent.
  struct At {
    const TagInner* inner = nullptr;  // null: a leaf
    uint32_t number = 0;

    [[nodiscard]] const TagInner& keys() const { return *inner; }
  };
  struct Parent {
    uint32_t number;
    size_t child;
  };
  // Entries or keys [begin, end) that form one node.
  struct Piece {
    size_t begin;
    size_t end;
  };

  TagTree(Transaction& transaction, Allocator& allocator, TagNodes& nodes, size_t slot)
      : pages_(transaction, allocator, slot), nodes_(nodes) {}

  // tag_adopt.cpp
  struct Walk;
  [[nodiscard]] Result<void> adopt();
  [[nodiscard]] Result<void> start_blank();
  [[nodiscard]] Result<void> visit_leaf(Walk& walk, uint32_t number, size_t depth,
                                        const TagLeaf& leaf);
  [[nodiscard]] Result<void> build_filters();
  [[nodiscard]] Result<void> free_unreached(const std::vector<bool>& reached);

  // tag_descent.cpp
  [[nodiscard]] bool is_sorted() { return (pages_.extension().flags & kTagEqualKeysSorted) != 0; }
  [[nodiscard]] tl::unexpected<Error> damaged(uint64_t number, std::string what) const;
  [[nodiscard]] Result<const TagInner*> inner(uint32_t number);
  // The result of inner(), and `inner` of these, are valid until their node changes or
  // may_forget().
  [[nodiscard]] Result<At> meet(uint32_t number);
  [[nodiscard]] Result<At> step(const At& at, size_t child);
  [[nodiscard]] Result<std::optional<TagView>> first(const At& at);
  void may_forget() { nodes_.limit(); }
  [[nodiscard]] Result<TagLeaf> leaf(uint32_t number);
  [[nodiscard]] Result<uint32_t> child_of(const At& at, size_t child) const;
  [[nodiscard]] Result<uint32_t> child_of(uint32_t number, size_t child);
  // The leaf that holds (key, inode), or where it belongs; sets the path to it.
  [[nodiscard]] Result<uint32_t> locate(std::string_view key, int64_t inode);
  // The first leaf below `from`, which is the end of the path.
  [[nodiscard]] Result<uint32_t> first_leaf(const At& from);
  // The first leaf that may hold `key`.
  [[nodiscard]] Result<uint32_t> locate_first(std::string_view key);
  // Descends from `at`, the end of the path, to a leaf, by the child that `choose(at)` returns in
  // each node (a Result<size_t>), and extends the path.
  template <class Choose>
  [[nodiscard]] Result<uint32_t> go_down(At at, const Choose& choose);
  // Same from the root, with a new path.
  template <class Choose>
  [[nodiscard]] Result<uint32_t> go_down(const Choose& choose);
  [[nodiscard]] Result<size_t> choose(const At& at, std::string_view key, int64_t inode);
  [[nodiscard]] Result<bool> ends_with(At at, std::string_view key);
  // The leaf after leaf `number`, which is the end of the path; nothing after the last. kDamaged
  // unless `next`, the next leaf according to that leaf, is the same.
  [[nodiscard]] Result<std::optional<uint32_t>> advance(uint32_t number, int32_t next);
  // kDamaged unless the path that ends in leaf `number` is as long as the header's depth.
  [[nodiscard]] Result<void> check_depth(uint32_t number);
  // kDamaged if leaf `number`, at the end of the path, has entries beyond the separators around it:
  // it is not the leaf that the tree refers to.
  [[nodiscard]] Result<void> check_bounds(uint32_t number);
  // (key, inode) belongs after all entries of leaf `number`. kDamaged if it also belongs after the
  // first entry of the following leaf: that leaf is missing from the tree.
  [[nodiscard]] Result<void> check_next(uint32_t number, int32_t next, std::string_view key,
                                        int64_t inode);

  // tag_tree.cpp
  [[nodiscard]] Result<bool> put(const TagView& entry, bool& fresh);
  [[nodiscard]] Result<bool> take(std::string_view key, int64_t inode);
  [[nodiscard]] Result<bool> take_sorted(std::string_view key, int64_t inode);
  [[nodiscard]] Result<bool> take_scanning(std::string_view key, int64_t inode);
  [[nodiscard]] Result<void> check_lone_root();
  [[nodiscard]] Result<std::vector<std::string>> keys_of(int64_t inode, const std::string& from,
                                                         size_t max);
  [[nodiscard]] size_t position(std::string_view key, int64_t inode, bool& found);
  [[nodiscard]] Result<void> erase_at(uint32_t number, size_t i);
  [[nodiscard]] bool fits_with(const TagView& entry, size_t i) const;
  [[nodiscard]] Result<void> gather_short_run(const std::string& key);
  [[nodiscard]] Result<std::optional<size_t>> short_run(const std::string& key,
                                                        std::vector<TagEntry>* run);

  // tag_balance.cpp
  [[nodiscard]] Result<void> split_leaf(uint32_t number, const TagView& entry, size_t i);
  [[nodiscard]] std::vector<Piece> divide_entries(const std::vector<TagView>& entries,
                                                  bool appended) const;
  [[nodiscard]] std::vector<Piece> divide_keys(const TagInner& node) const;
  [[nodiscard]] Result<void> put_inner(size_t level, TagInner node);
  [[nodiscard]] Result<void> write_inner(uint32_t number, TagInner node);
  [[nodiscard]] Result<void> erase_child(uint32_t number, size_t separator);
  [[nodiscard]] Result<void> add_children(size_t level, const std::vector<std::string>& keys,
                                          const std::vector<int32_t>& children);
  [[nodiscard]] bool fits(size_t keys, size_t bytes) const;
  [[nodiscard]] Result<void> repair_leaf(uint32_t number);
  [[nodiscard]] Result<bool> merge_leaves(uint32_t left, uint32_t right, size_t separator);
  [[nodiscard]] Result<void> drop_child(size_t level, size_t separator);
  [[nodiscard]] Result<void> repair_inner(size_t level);
  [[nodiscard]] Result<void> shorten();
  [[nodiscard]] Result<void> raise_separators(const std::string& key);

  TagWriterPages pages_;
  TagNodes& nodes_;
  std::vector<Parent> path_;  // from the root to the parent of the leaf
  TagLeafEditor editor_;
  // the last erased entry was the last of its key at the front of its leaf
  bool front_gone_ = false;
  bool at_edge_ = false;  // the last erased entry was at an end of its leaf, or left its key at one
};

template <class Choose>
Result<uint32_t> TagTree::go_down(At at, const Choose& choose) {
  const auto down = [&](const At& node) -> Result<std::optional<size_t>> {
    VDE_TRY_ASSIGN(child, choose(node));
    path_.push_back({node.number, child});
    return child;
  };
  VDE_TRY(Descent::to_leaf(*this, at, path_.size(), down));
  return at.number;
}

template <class Choose>
Result<uint32_t> TagTree::go_down(const Choose& choose) {
  may_forget();
  path_.clear();
  VDE_TRY_ASSIGN(root, meet(kTagRoot));
  return go_down(root, choose);
}

// The separator between neighbors: see above.
[[nodiscard]] std::string tag_separator(std::string_view left, std::string_view right);

}  // namespace vde
