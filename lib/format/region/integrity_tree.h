// The integrity tree (MTRK): a binary Merkle tree of SHA-256 hashes, stored as a heap from index 1.
// Block 0 holds the header, the following blocks hold nodes 1 .. 2 x capacity - 1; leaf j is node
// capacity + j.
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

// The number of nodes in a block; the last 16 bytes of a payload are unused.
[[nodiscard]] constexpr uint32_t nodes_per_block(uint32_t block_size) {
  return payload_size(block_size) / kTreeNodeSize;
}

// The position of a node: a block of the region (1 is the first with nodes) and an offset in its
// payload, in bytes.
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

// The number of blocks of a tree, including the header block.
[[nodiscard]] constexpr uint64_t integrity_tree_blocks(uint32_t capacity, uint32_t block_size) {
  return capacity == 0 ? 1 : node_place(2 * uint64_t{capacity} - 1, block_size).block + 1;
}

// kDamaged if the counts contradict each other. An all-zero header is a valid, empty tree.
[[nodiscard]] Result<void> check_shape(const IntegrityTreeHeader& header);

// The hash of an inner node: SHA-256(left || right), or zero if both children are zero.
[[nodiscard]] Opaque<32> parent_hash(const Opaque<32>& left, const Opaque<32>& right);

}  // namespace vde
