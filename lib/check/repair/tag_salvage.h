// Finds the tags of an index whose tree is damaged, in leaves that verify.
//
// The leaves are those that the tree leads to. Where a part of it that holds no tags itself is
// lost, or leads where it cannot, or the header counts more tags than it leads to, those that their
// chain leads to count as well, and then all others of the region. Other programs leave old leaves
// behind: of tags that are found twice, the tree's count first, then the newest leaf's.
#pragma once

#include <functional>
#include <set>

#include "check/repair/structure_repair.h"
#include "format/tag/tag_leaf.h"

namespace vde {

class TagSalvage {
 public:
  // `rank` is 0 for what the tree leads to, else the more the newer the leaf is. The entry is valid
  // during the call alone.
  using Take = std::function<Result<void>(const TagView& entry, uint64_t rank)>;

  // Reads blocks of `region` as `repair` shows them, which outlives this. Memory: nine bytes a
  // block of the region at most.
  TagSalvage(StructureRepair& repair, BlockRange region);

  // Calls `take` with every entry that can be read: the tree's first, in its order.
  [[nodiscard]] Result<void> gather(const Take& take);

  // Says that this one of them is kept: then it is not lost elsewhere.
  void keep(const TagView& entry);
  // After all of them: what is lost, as far as it is known, or an empty text.
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
  [[nodiscard]] Result<void> take_strays();
  [[nodiscard]] Result<void> take_older(const UncheckedBlock& block, const CheckedBlock& checked);
  [[nodiscard]] bool needs_more() const;
  [[nodiscard]] bool is_node(int64_t number) const;
  void lose(const UncheckedBlock& block);

  StructureRepair& repair_;
  BlockRange region_;
  const Take* take_ = nullptr;
  std::vector<bool> seen_;
  std::optional<int64_t> counted_;  // by the header, if that can be believed
  std::optional<uint32_t> leaf_depth_;
  bool leads_astray_ = false;           // what an inner node names is no node, or one of two
  std::optional<uint32_t> least_lost_;  // depth of the highest node that cannot be read
  uint64_t lost_count_ = 0;
  std::vector<uint64_t> lost_;                       // the first blocks of those, of the image
  std::set<std::pair<std::string, int64_t>> names_;  // keys and inodes that they seem to hold
  std::vector<uint32_t> chain_;                      // what leaves are followed by
  int64_t found_ = 0;
  int64_t kept_ = 0;
};

}  // namespace vde
