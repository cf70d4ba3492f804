// An integrity tree of three leaves in the region MTRK of an ImageBuilder.
#pragma once

#include <algorithm>
#include <vector>

#include "format/region/integrity_tree.h"
#include "support/image_builder.h"

namespace vde::test {

// All bytes of the first leaf are `first`; the next leaves use the following numbers.
inline void make_tree(ImageBuilder& image, uint8_t first = 1) {
  constexpr int32_t kLeaves = 3;
  constexpr uint64_t kCapacity = 4;
  const uint64_t start = image.start("MTRK");
  std::vector<Opaque<32>> nodes(2 * kCapacity);
  for (uint64_t i = 0; i < kLeaves; ++i) nodes[kCapacity + i].fill(static_cast<uint8_t>(first + i));
  for (uint64_t i = kCapacity - 1; i > 0; --i)
    nodes[i] = parent_hash(nodes[2 * i], nodes[2 * i + 1]);
  edit(image, start, 0, kIntegrityTreeHeaderLayout, [&](IntegrityTreeHeader& header) {
    header = {kLeaves, kCapacity, nodes[1]};
  });
  for (uint64_t i = 1; i < nodes.size(); ++i) {
    const NodePlace place = node_place(i, image.block_size());
    std::ranges::copy(nodes[i], image.payload(start + place.block).begin() + place.offset);
  }
  image.rehash(start).rehash(start + 1);
}

}  // namespace vde::test
