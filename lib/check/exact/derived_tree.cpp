#include "check/exact/derived_tree.h"

#include <algorithm>

#include "format/region/integrity_tree.h"

namespace vde {
namespace {

constexpr const char* kFromTreeLeaves = "the leaves of the integrity tree";

class TreeDerivation {
 public:
  TreeDerivation(DerivationInput& input, BlockRange region)
      : input_(input), region_(region), cached_(input.io.make_buffer()) {}

  // The header from the first node. The capacity is a power of two; how many of the leaves are used
  // is not known: those up to the last one that is not zero.
  Result<std::vector<DerivedPayload>> derive_header() {
    std::vector<DerivedPayload> found;
    const uint32_t size = input_.io.block_size();
    IntegrityTreeHeader header;
    VDE_TRY_ASSIGN(root, node(1));
    if (!root) return found;
    header.root = *root;
    for (uint32_t capacity = 1; integrity_tree_blocks(capacity, size) <= region_.count();
         capacity *= 2) {
      VDE_TRY_ASSIGN(used, count_leaves(capacity));
      if (used == 0) continue;
      header.capacity = static_cast<int32_t>(capacity);
      header.leaf_count = static_cast<int32_t>(used);
      DerivedPayload derived{BlockBuffer(payload_size(size)), kFromTreeLeaves};
      kIntegrityTreeHeaderLayout.encode(header, derived.payload);
      found.push_back(std::move(derived));
    }
    return found;
  }

  Result<std::vector<DerivedPayload>> derive_nodes(uint64_t block) {
    std::vector<DerivedPayload> found;
    BlockBuffer buffer = input_.io.make_buffer();
    VDE_TRY_ASSIGN(head, input_.io.read(region_.begin, buffer));
    if (!head.check(block_types::kIntegrityTree)) return found;
    const auto header = kIntegrityTreeHeaderLayout.decode(head.unchecked_payload());
    if (!check_shape(header)) return found;
    VDE_TRY_ASSIGN(damaged, input_.io.read(region_.begin + block, buffer));
    const Bytes payload = damaged.unchecked_payload();
    const uint64_t per_block = nodes_per_block(input_.io.block_size());
    const uint64_t first = (block - 1) * per_block + 1;
    const auto capacity = static_cast<uint64_t>(header.capacity);
    // What follows the last leaf in use is zero.
    const uint64_t end = capacity + static_cast<uint64_t>(header.leaf_count);
    const uint64_t in_use = end <= first ? 0 : std::min(end - first, per_block) * kTreeNodeSize;
    damaged_ = block;
    derived_.assign(payload.begin(), payload.begin() + static_cast<ptrdiff_t>(in_use));
    derived_.resize(payload.size());
    // Children come after their parents, and may be in the same block.
    for (uint64_t i = std::min(first + per_block, capacity); i-- > first;) {
      VDE_TRY_ASSIGN(left, node(2 * i));
      VDE_TRY_ASSIGN(right, node(2 * i + 1));
      if (!left || !right) return found;
      std::ranges::copy(parent_hash(*left, *right),
                        derived_.begin() + node_place(i, input_.io.block_size()).offset);
    }
    if (first < capacity) found.push_back({std::move(derived_), kFromTreeLeaves});
    return found;
  }

 private:
  // Nothing where its block does not verify. The damaged block is as it was derived so far.
  Result<std::optional<Opaque<32>>> node(uint64_t number) {
    const NodePlace place = node_place(number, input_.io.block_size());
    if (place.block >= region_.count()) return std::optional<Opaque<32>>();
    Bytes payload = derived_;
    if (place.block != damaged_) {
      VDE_TRY_ASSIGN(read, payload_of(place.block));
      if (!read) return std::optional<Opaque<32>>();
      payload = *read;
    }
    Opaque<32> hash;
    std::ranges::copy(payload.subspan(place.offset, kTreeNodeSize), hash.begin());
    return std::optional(hash);
  }

  // Up to the last one that is not zero; 0 where a block does not verify.
  Result<uint64_t> count_leaves(uint64_t capacity) {
    for (uint64_t leaf = capacity; leaf > capacity / 2; --leaf) {
      VDE_TRY_ASSIGN(hash, node(capacity + leaf - 1));
      if (!hash) return uint64_t{0};
      if (!all_zero(*hash)) return leaf;
    }
    return uint64_t{0};
  }

  // Keeps the last block that was read.
  Result<std::optional<Bytes>> payload_of(uint64_t block) {
    if (cached_block_ != block) {
      if (!input_.take_reading(1)) return std::optional<Bytes>();
      VDE_TRY_ASSIGN(read, input_.io.read(region_.begin + block, cached_));
      cached_block_ = block;
      cached_valid_ = read.check(block_types::kIntegrityTree).has_value();
    }
    const UncheckedBlock read(region_.begin + block, cached_);
    return cached_valid_ ? std::optional(read.unchecked_payload()) : std::nullopt;
  }

  DerivationInput& input_;
  BlockRange region_;
  uint64_t damaged_ = 0;  // block 0 has no nodes
  BlockBuffer derived_;
  BlockBuffer cached_;
  uint64_t cached_block_ = UINT64_MAX;
  bool cached_valid_ = false;
};

}  // namespace

Result<std::vector<DerivedPayload>> derive_tree_block(DerivationInput& input, BlockRange region,
                                                      uint64_t number) {
  TreeDerivation derivation(input, region);
  return number == region.begin ? derivation.derive_header()
                                : derivation.derive_nodes(number - region.begin);
}

}  // namespace vde
