// The integrity tree (MTRK): a binary Merkle tree of SHA-256 as a heap from index 1. Block 0 holds
// the header, the blocks after it the nodes 1 .. 2 x capacity - 1; leaf j is node capacity + j.
#pragma once

#include "format/block.h"

namespace vde {

inline constexpr uint32_t kTreeNodeSize = 32;  // bytes

struct IntegrityTreeHeader {
  int32_t leaf_count = 0;
  int32_t capacity = 0;  // the next power of two >= leaf_count
  Opaque<32> root{};     // node 1

  bool operator==(const IntegrityTreeHeader&) const = default;
};

inline constexpr Layout kIntegrityTreeHeaderLayout(
    "integrity tree", field(0, "leaf_count", &IntegrityTreeHeader::leaf_count),
    field(4, "capacity", &IntegrityTreeHeader::capacity),
    field(8, "root", &IntegrityTreeHeader::root));
static_assert(kIntegrityTreeHeaderLayout.covers(40));

// Nodes that a block holds; a payload's last 16 bytes stay unused.
[[nodiscard]] constexpr uint32_t nodes_per_block(uint32_t block_size) {
  return payload_size(block_size) / kTreeNodeSize;
}

// Where a node lies: a block of the region (1 is the first with nodes), bytes into its payload.
struct NodePlace {
  uint64_t block = 0;
  uint32_t offset = 0;

  bool operator==(const NodePlace&) const = default;
};

// `node` is at least 1.
[[nodiscard]] constexpr NodePlace node_place(uint64_t node, uint32_t block_size) {
  const uint64_t index = node - 1;
  const uint32_t per_block = nodes_per_block(block_size);
  return {1 + index / per_block, static_cast<uint32_t>(index % per_block) * kTreeNodeSize};
}

// Blocks that a tree needs, its header's block included.
[[nodiscard]] constexpr uint64_t integrity_tree_blocks(uint32_t capacity, uint32_t block_size) {
  return capacity == 0 ? 1 : node_place(2 * uint64_t{capacity} - 1, block_size).block + 1;
}

// kDamaged unless the counts fit each other. A header of zeros, an empty tree, is good.
[[nodiscard]] Result<void> check_shape(const IntegrityTreeHeader& header);

// The hash of an inner node: SHA-256(left || right), but zero where both children are.
[[nodiscard]] Opaque<32> parent_hash(const Opaque<32>& left, const Opaque<32>& right);

}  // namespace vde
