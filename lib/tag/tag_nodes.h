// Inner nodes of a tag index, taken apart, so that a change need not read and decode its way down
// again. They may outlive the transaction that read them: what it committed they show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "format/tag/tag_inner.h"

namespace vde {

class TagNodes {
 public:
  // Null where the node is not kept. Valid until the next keep(), forget() or clear().
  [[nodiscard]] TagInner* find(uint32_t number) {
    const auto found = nodes_.find(number);
    return found == nodes_.end() ? nullptr : found->second.get();
  }
  TagInner* keep(uint32_t number, TagInner node) {
    if (nodes_.size() >= kMax) nodes_.clear();
    auto& kept = nodes_[number];
    kept = std::make_unique<TagInner>(std::move(node));
    return kept.get();
  }
  // For a block that changes, or is no node any more.
  void forget(uint32_t number) { nodes_.erase(number); }
  // For a transaction that was given up: nodes may show what it had changed.
  void clear() { nodes_.clear(); }

 private:
  // What a change needs again is among the last; of the 4096-byte blocks of an index of ten million
  // tags these are all.
  static constexpr size_t kMax = 4096;

  std::unordered_map<uint32_t, std::unique_ptr<TagInner>> nodes_;
};

}  // namespace vde
