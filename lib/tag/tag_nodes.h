// Inner nodes of a tag index, taken apart, so that none is decoded each time that somebody comes
// by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "format/tag/tag_inner.h"

namespace vde {

// `Node` holds a TagInner, and whatever its owner has to know of it.
template <class Node>
class TagNodeCache {
 public:
  // Null where the node is not kept. What find() and keep() return is valid until that node is kept
  // anew or forgotten, or nodes are dropped.
  [[nodiscard]] Node* find(uint64_t number) {
    const auto found = nodes_.find(number);
    return found == nodes_.end() ? nullptr : found->second.get();
  }
  Node* keep(uint64_t number, Node node) {
    auto& kept = nodes_[number];
    kept = std::make_unique<Node>(std::move(node));
    return kept.get();
  }
  // For a block that changes, or is no node any more.
  void forget(uint64_t number) { nodes_.erase(number); }
  // Drops all where there are many.
  void limit() {
    if (nodes_.size() >= kMany) nodes_.clear();
  }
  // For a transaction that was given up: nodes may show what it had changed.
  void clear() { nodes_.clear(); }

 private:
  // What a change needs again is among the last; of the 4096-byte blocks of an index of ten million
  // tags these are all.
  static constexpr size_t kMany = 4096;

  std::unordered_map<uint64_t, std::unique_ptr<Node>> nodes_;
};

// Those that changes have met. They may outlive the transaction that read them: what it committed
// they show.
using TagNodes = TagNodeCache<TagInner>;

}  // namespace vde
