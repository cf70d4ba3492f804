// Finds the tags of an index with a damaged tree, in the intact leaves.
//
// First come the leaves that the tree leads to. A child that is not a node, or is another leaf than
// the separators say, leaves a gap. Then, and if an inner node is damaged, or if the header counts
// more tags than were found, other leaves are used too: first those in the chain of leaves, then
// those of the region that fit a gap. Other programs leave old leaves in the region. So if a tag is
// found twice, the tree's version is used, else the newest leaf's. If the tags of all leaves that
// are left are as many as are still missing, they are used as well. Entries that a leaf holds and
// does not count are used if the header counts more tags than were found. A leaf that is not within
// its separators is used unless a newer leaf of the tree, in its place, has tags of it.
//
// A header that is older than a node of the tree counts nothing.
#pragma once

#include <map>
#include <optional>

#include "check/lost/lost_lines.h"
#include "check/repair/structure_repair.h"
#include "check/salvage/lost_tags.h"
#include "check/salvage/tag_leaves.h"
#include "format/tag/tag_inner.h"

namespace vde {

class TagSalvage {
 public:
  // Reads the blocks of `region` through `repair`, which must outlive this object. Memory: some
  // bytes per block of the region.
  TagSalvage(StructureRepair& repair, BlockRange region);

  // Calls `take` with every entry that can be read. The tree's entries come first, in its order.
  [[nodiscard]] Result<void> gather(const TakeTag& take);

  // The tags that damaged blocks seem to hold; complete after gather().
  [[nodiscard]] LostTags& lost_tags() { return lost_tags_; }
  // Count an entry as kept or as lost.
  void count_kept() { ++kept_; }
  void count_lost(const TagView& entry, uint64_t block);
  // Call it after counting: describes what is lost, as far as it is known.
  [[nodiscard]] Loss loss() const;
  // The blocks of which some tags, or all, cannot be read.
  [[nodiscard]] const std::vector<UnreadBlock>& unread() const { return leaves_.unread(); }
  // The number of lost tags that cannot be read, if it is known.
  [[nodiscard]] std::optional<uint64_t> unread_tags() const;

 private:
  // The separators around a node.
  struct Bounds {
    std::string low;
    std::optional<std::string> high;  // none: no limit
  };
  // An inner node on the path from the root.
  struct Step {
    TagInner inner;
    size_t next_child;
    Bounds bounds;
  };

  [[nodiscard]] Result<void> read_header();
  void compare_age(const UncheckedBlock& node);
  [[nodiscard]] Result<void> descend();
  [[nodiscard]] Result<void> visit(uint32_t number, Bounds bounds, std::vector<Step>& path);
  void note_depth(size_t depth, const Bounds& bounds);
  [[nodiscard]] static bool is_within(const TagInner& inner, const Bounds& bounds);
  [[nodiscard]] Result<void> take_leaf(const CheckedBlock& leaf, const Bounds& bounds);
  [[nodiscard]] Result<void> take_misplaced();
  [[nodiscard]] Result<void> check_root();
  [[nodiscard]] Result<bool> is_root_copy();
  [[nodiscard]] bool leads_to_tree(Bytes payload) const;
  [[nodiscard]] bool is_likely_root(const CheckedBlock& node) const;
  [[nodiscard]] Result<void> follow_chain();
  [[nodiscard]] Result<void> take_orphans();
  [[nodiscard]] Result<void> take_orphan(const UncheckedBlock& block, const CheckedBlock& leaf);
  [[nodiscard]] Result<void> take_counted();
  [[nodiscard]] bool lacks_tags() const;
  [[nodiscard]] bool needs_more() const;
  [[nodiscard]] bool may_belong(Bytes leaf) const;
  [[nodiscard]] static bool fits(Bytes leaf, const Bounds& bounds);
  [[nodiscard]] Result<void> lose(const UncheckedBlock& block);
  void add_gap(Bounds bounds);
  // The number of lost tags, if the header gives it.
  [[nodiscard]] std::optional<uint64_t> missing() const;

  StructureRepair& repair_;
  BlockRange region_;
  TagLeaves leaves_;
  std::vector<bool> seen_;
  std::optional<int64_t> counted_;  // tags according to the header, if it is intact and not older
  std::optional<uint32_t> header_generation_;  // if vdetool wrote it
  std::vector<Bounds> gaps_;                   // one more than the maximum if there are more
  std::vector<uint64_t> misplaced_;  // leaves of the tree that are not within their separators
  bool has_bad_child_ = false;       // a child of an inner node is not a node, or not the right one
  bool has_orphans_ = false;         // leaves outside the tree were taken
  bool leaf_seen_ = false;
  std::optional<size_t> leaf_depth_;         // according to the leaves, or the header
  std::vector<Bounds> deepest_;              // of the first leaves at this depth
  std::optional<size_t> min_damaged_depth_;  // of the damaged nodes
  uint64_t lost_count_ = 0;
  std::vector<uint64_t> lost_;          // the first damaged nodes, as blocks of the image
  LostTags lost_tags_;                  // the tags that damaged nodes seem to hold
  std::vector<std::string> names_;      // the first lost tags, unverified
  uint64_t unkept_ = 0;                 // the number of lost tags that can be read
  std::map<uint64_t, size_t> damaged_;  // depths of the tree's damaged nodes, by block of the image
  bool tree_lacks_tags_ = false;  // a tag that can be read in a damaged leaf of the tree is lost
  int64_t kept_ = 0;
};

}  // namespace vde
