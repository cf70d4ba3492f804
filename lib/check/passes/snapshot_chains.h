// Who is whose parent in a snapshot table, to be walked without recursion.
#pragma once

#include <deque>
#include <optional>

#include "format/region/snapshot_entry.h"

namespace vde {

// What is kept of an entry.
struct ChainLink {
  Guid id;
  Guid parent;
  Ticks created;
  uint32_t block = 0;         // of the region
  uint32_t offset = 0;        // of the entry in it, bytes into the payload
  uint32_t mark = 0;          // the walk that came by first, from 1
  bool needs_parent = false;  // without one the entry would be taken for padding
};
static_assert(sizeof(ChainLink) <= 64);

class SnapshotChains {
 public:
  void add(const ChainLink& link) { links_.push_back(link); }
  // By id and place: comes before anything below, after the last add().
  void sort();

  [[nodiscard]] size_t size() const { return links_.size(); }
  [[nodiscard]] const ChainLink& operator[](size_t i) const { return links_[i]; }

  // Whether the one before has the same id.
  [[nodiscard]] bool is_twin(size_t i) const { return i > 0 && links_[i].id == links_[i - 1].id; }
  [[nodiscard]] bool lacks_parent(size_t i) const {
    return !links_[i].parent.is_zero() && !parent_of(i);
  }
  // A link of the ring that the chain from `i` runs into, if no earlier walk came by there.
  [[nodiscard]] std::optional<size_t> find_ring(size_t i);
  // The one of that ring that was created first: the likeliest to have had no parent.
  [[nodiscard]] size_t oldest_in_ring(size_t at) const;
  void cut(size_t i) { links_[i].parent = Guid{}; }

 private:
  [[nodiscard]] std::optional<size_t> parent_of(size_t i) const;

  // In pieces: a vector that grows takes three times the memory for a moment.
  std::deque<ChainLink> links_;
};

}  // namespace vde
