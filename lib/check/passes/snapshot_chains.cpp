#include "check/passes/snapshot_chains.h"

#include <algorithm>
#include <tuple>

namespace vde {

void SnapshotChains::sort() {
  std::sort(links_.begin(), links_.end(), [](const ChainLink& a, const ChainLink& b) {
    return std::tie(a.id, a.block, a.offset) < std::tie(b.id, b.block, b.offset);
  });
}

std::optional<size_t> SnapshotChains::parent_of(size_t i) const {
  const Guid& parent = links_[i].parent;
  if (parent.is_zero()) return std::nullopt;
  const auto found =
      std::lower_bound(links_.begin(), links_.end(), parent,
                       [](const ChainLink& link, const Guid& id) { return link.id < id; });
  if (found == links_.end() || found->id != parent) return std::nullopt;
  return static_cast<size_t>(found - links_.begin());
}

// Marks the chain up to the first link that an earlier walk marked. A walk that meets its own mark
// is in a cycle.
std::optional<size_t> SnapshotChains::find_cycle(size_t i) {
  const auto walk = static_cast<uint32_t>(i + 1);
  std::optional<size_t> at = i;
  while (at && links_[*at].mark == 0) {
    links_[*at].mark = walk;
    at = parent_of(*at);
  }
  return at && links_[*at].mark == walk ? at : std::nullopt;
}

size_t SnapshotChains::oldest_in_cycle(size_t at) const {
  size_t oldest = at;
  for (auto next = parent_of(at); next && *next != at; next = parent_of(*next)) {
    const auto age = [&](size_t i) {
      return std::tie(links_[i].created, links_[i].block, links_[i].offset);
    };
    if (age(*next) < age(oldest)) oldest = *next;
  }
  return oldest;
}

}  // namespace vde
