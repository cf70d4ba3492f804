// The parent links of a snapshot table, walked without recursion.
#pragma once

#include <deque>
#include <optional>

#include "format/region/snapshot_entry.h"

namespace vde {

// The part of an entry that is kept.
struct ChainLink {
  Guid id;
  Guid parent;
  Ticks created;
  uint32_t block = 0;         // of the region
  uint32_t offset = 0;        // of the entry, in bytes from the start of the payload
  uint32_t mark = 0;          // the first walk that visited it, counted from 1
  bool needs_parent = false;  // without a parent the entry would look like padding
};
static_assert(sizeof(ChainLink) <= 64);

class SnapshotChains {
 public:
  void add(const ChainLink& link) { links_.push_back(link); }
  // Sorts by id and place. Call it after the last add() and before anything below.
  void sort();

  [[nodiscard]] size_t size() const { return links_.size(); }
  [[nodiscard]] const ChainLink& operator[](size_t i) const { return links_[i]; }

  // Whether the previous link has the same id.
  [[nodiscard]] bool is_duplicate(size_t i) const {
    return i > 0 && links_[i].id == links_[i - 1].id;
  }
  [[nodiscard]] bool lacks_parent(size_t i) const {
    return !links_[i].parent.is_zero() && !parent_of(i);
  }
  // A link of the cycle that the chain from `i` leads into. Nothing if there is none, or if an
  // earlier call returned it.
  [[nodiscard]] std::optional<size_t> find_cycle(size_t i);
  // The link of the cycle through `at` that was created first: most likely the former root.
  [[nodiscard]] size_t oldest_in_cycle(size_t at) const;
  // Removes the parent of link `i`.
  void cut(size_t i) { links_[i].parent = Guid{}; }

 private:
  [[nodiscard]] std::optional<size_t> parent_of(size_t i) const;

  // A deque, because a vector needs three times the memory while it grows.
  std::deque<ChainLink> links_;
};

}  // namespace vde
