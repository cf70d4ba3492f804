// A cache of decoded inner nodes of a tag index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "format/tag/tag_inner.h"

namespace vde {

// `Node` contains a TagInner and other data of its user.
template <class Node>
class TagNodeCache {
 public:
  // Null if the node is not cached. Results of find() and keep() are valid until that node is kept
  // again or forgotten, or nodes are dropped.
  [[nodiscard]] Node* find(uint64_t number) {
    const auto found = nodes_.find(number);
    return found == nodes_.end() ? nullptr : found->second.get();
  }
  Node* keep(uint64_t number, Node node) {
    auto& kept = nodes_[number];
    kept = std::make_unique<Node>(std::move(node));
    return kept.get();
  }
  // For a block that changes or is no longer a node.
  void forget(uint64_t number) { nodes_.erase(number); }
  // Drops all nodes if there are too many.
  void limit() {
    if (nodes_.size() >= kMany) nodes_.clear();
  }
  // For a dropped transaction, whose changes the nodes may contain.
  void clear() { nodes_.clear(); }

 private:
  // A change needs only recently used nodes again. For ten million tags in blocks of 4096 bytes
  // this is enough for all inner nodes.
  static constexpr size_t kMany = 4096;

  std::unordered_map<uint64_t, std::unique_ptr<Node>> nodes_;
};

// The nodes that changes have used. They may outlive a transaction that was committed.
using TagNodes = TagNodeCache<TagInner>;

}  // namespace vde
