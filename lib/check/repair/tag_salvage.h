// Finds the tags of an index with a damaged tree, in the intact leaves.
//
// First come the leaves that the tree leads to. More leaves are needed if an inner node is lost or
// has an invalid child, or if the header counts more tags than were found: then those in the chain
// of leaves are used too, and finally all other leaves of the region. Other programs leave old
// leaves in the region. So if a tag is found twice, the tree's version is used, else the newest
// leaf's.
#pragma once

#include <functional>
#include <set>

#include "check/repair/structure_repair.h"
#include "format/tag/tag_leaf.h"

namespace vde {

class TagSalvage {
 public:
  // `rank` is 0 for leaves of the tree; for others it is higher for newer leaves. The entry is
  // valid only during the call.
  using Take = std::function<Result<void>(const TagView& entry, uint64_t rank)>;

  // Reads the blocks of `region` through `repair`, which must outlive this object. Memory: at most
  // nine bytes per block of the region.
  TagSalvage(StructureRepair& repair, BlockRange region);

  // Calls `take` with every entry that can be read. The tree's entries come first, in its order.
  [[nodiscard]] Result<void> gather(const Take& take);

  // Records that this entry is kept, so it does not count as lost.
  void keep(const TagView& entry);
  // Call it after all keep(): describes the lost tags as far as they are known, or an empty text.
  [[nodiscard]] std::string loses() const;

 private:
  struct Visit {
    uint32_t number;
    uint32_t depth;
  };

  [[nodiscard]] Result<void> read_header();
  [[nodiscard]] Result<void> descend();
  [[nodiscard]] Result<bool> take_node(const UncheckedBlock& block, Visit visit,
                                       std::vector<Visit>& waiting);
  [[nodiscard]] bool take_inner(Bytes payload, uint32_t depth, std::vector<Visit>& waiting);
  [[nodiscard]] Result<bool> take_leaf(Bytes payload, uint64_t rank);
  [[nodiscard]] Result<void> salvage(Bytes payload, uint64_t rank);
  [[nodiscard]] Result<void> follow_chain();
  [[nodiscard]] Result<void> take_orphans();
  [[nodiscard]] Result<void> take_older(const UncheckedBlock& block, const CheckedBlock& checked);
  [[nodiscard]] bool needs_more() const;
  [[nodiscard]] bool is_node(int64_t number) const;
  void lose(const UncheckedBlock& block);

  StructureRepair& repair_;
  BlockRange region_;
  const Take* take_ = nullptr;
  std::vector<bool> seen_;
  std::optional<int64_t> counted_;  // tags according to the header, if it is intact
  std::optional<uint32_t> leaf_depth_;
  bool has_bad_child_ = false;         // a child of an inner node is invalid or was reached twice
  std::optional<uint32_t> min_depth_;  // of the nodes that cannot be read
  uint64_t lost_count_ = 0;            // nodes that cannot be read
  std::vector<uint64_t> lost_;         // the first of these, as blocks of the image
  std::set<std::pair<std::string, int64_t>> names_;  // their keys and inodes, unverified
  std::vector<uint32_t> chain_;                      // the successors of leaves
  int64_t found_ = 0;
  int64_t kept_ = 0;
};

}  // namespace vde
