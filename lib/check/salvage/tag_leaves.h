// Reads the leaves of a damaged tag index: their entries, copies, and successors.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "check/lost/lost_lines.h"
#include "check/repair/structure_repair.h"
#include "format/tag/tag_leaf.h"

namespace vde {

// Called with an entry of a leaf, which is valid only during the call. `rank` is 0 for leaves of
// the tree; for others it is higher for newer leaves.
using TakeTag = std::function<Result<void>(const TagView& entry, uint64_t rank)>;

class TagLeaves {
 public:
  // Reads the blocks of `region` through `repair`, which must outlive this object. Memory: some
  // bytes per leaf.
  TagLeaves(StructureRepair& repair, BlockRange region) : repair_(repair), region_(region) {}

  // `take` gets all entries from now on, and must outlive this object.
  void start(const TakeTag& take) { take_ = &take; }
  // Takes the entries that a leaf counts. False if it has fewer than it claims, or claims more than
  // can be decoded.
  [[nodiscard]] Result<bool> take(const CheckedBlock& block, uint64_t rank);
  // Takes the entries that leaves taken so far hold and do not count.
  [[nodiscard]] Result<void> take_uncounted();
  // False if a leaf with this content was given before.
  [[nodiscard]] bool is_first(const CheckedBlock& leaf) {
    return contents_.insert(leaf.trailer().checksum).second;
  }

  // The number of entries that were taken, and their lowest key.
  [[nodiscard]] int64_t found() const { return found_; }
  [[nodiscard]] const std::optional<std::string>& first_key() const { return first_key_; }
  // The checksums of all leaves that were given to is_first().
  [[nodiscard]] const std::set<uint64_t>& contents() const { return contents_; }
  // A successor of a leaf that was not returned before; none if there is no other.
  [[nodiscard]] std::optional<uint32_t> next_successor();
  // The last key of the leaf taken last, if its successor is not a node.
  [[nodiscard]] const std::optional<std::string>& broken_after() const { return broken_after_; }
  // The blocks of which some tags, or all, cannot be read.
  [[nodiscard]] std::vector<UnreadBlock>& unread() { return unread_; }
  [[nodiscard]] const std::vector<UnreadBlock>& unread() const { return unread_; }

 private:
  void note_successor(const TagLeaf& leaf, Bytes payload);

  // A leaf that holds more entries than it counts.
  struct Uncounted {
    uint64_t block;  // of the image
    uint64_t rank;
    uint32_t counted;
  };

  StructureRepair& repair_;
  BlockRange region_;
  const TakeTag* take_ = nullptr;
  std::vector<Uncounted> uncounted_;
  std::vector<UnreadBlock> unread_;
  std::set<uint64_t> contents_;
  std::vector<uint32_t> chain_;  // the successors of leaves
  std::optional<std::string> first_key_;
  std::optional<std::string> broken_after_;
  int64_t found_ = 0;
};

// Whether the tree in `region` has a newer leaf with a tag of this one: then this is a copy of an
// old version.
[[nodiscard]] Result<bool> is_old_leaf(StructureRepair& repair, BlockRange region, Bytes payload,
                                       uint32_t generation);

}  // namespace vde
