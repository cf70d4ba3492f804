#include "probe/tag_start.h"

#include <algorithm>
#include <array>
#include <optional>

#include "format/superblock.h"
#include "format/tag/tag_index.h"

namespace vde {
namespace {

// The number of leaves to follow, and of blocks to look at for them.
constexpr uint64_t kMaxLeaves = 32;
constexpr uint64_t kMaxLooks = 256;

// A leaf with tags, and the number of the one after it.
struct LinkedLeaf {
  std::string first;
  std::string last;
  int32_t next = 0;
};

std::optional<LinkedLeaf> leaf_at(const BlockIo& io, uint64_t number, BlockBuffer& buffer) {
  const auto block = io.read_checked(number, block_types::kTagIndex, buffer);
  if (!block) return std::nullopt;
  const Result<TagNode> node = decode_tag_node(block->payload());
  if (!node || !node->leaf || node->entries.empty()) return std::nullopt;
  return LinkedLeaf{node->entries.front().key, node->entries.back().key, node->next_leaf};
}

}  // namespace

Result<uint64_t> find_tag_start(const BlockIo& io, BlockRange nodes) {
  constexpr size_t kStarts = kMaxTagStart + 1;
  std::array<int, kStarts> votes{};  // by the distance to the first node
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(blocks, io.blocks_in_file());
  uint64_t leaves = 0;
  const uint64_t end = std::min(nodes.end, nodes.begin + kMaxLooks);
  for (uint64_t at = nodes.begin; at < end && leaves < kMaxLeaves; ++at) {
    const auto leaf = leaf_at(io, at, buffer);
    if (!leaf || leaf->next <= 0) continue;
    ++leaves;
    for (size_t distance = 0; distance < kStarts; ++distance) {
      const uint64_t next = nodes.begin - distance + static_cast<uint64_t>(leaf->next);
      if (next >= blocks) continue;
      const auto after = leaf_at(io, next, buffer);
      if (after && next != at && after->first >= leaf->last) ++votes[distance];
    }
  }
  size_t best = 1;
  for (size_t distance = 0; distance < kStarts; ++distance)
    if (votes[distance] > votes[best]) best = distance;
  return std::max(nodes.begin - best, kFirstRegionBlock);
}

Result<bool> has_query_keys(const BlockIo& io, BlockRange nodes) {
  constexpr std::string_view kQueryKey = "idx:";
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(blocks, io.blocks_in_file());
  const uint64_t end = std::min({nodes.end, nodes.begin + kMaxLooks, blocks});
  uint64_t leaves = 0;
  for (uint64_t at = nodes.begin; at < end && leaves < kMaxLeaves; ++at) {
    const auto leaf = leaf_at(io, at, buffer);
    if (!leaf) continue;
    if (!leaf->first.starts_with(kQueryKey) || !leaf->last.starts_with(kQueryKey)) return false;
    ++leaves;
  }
  return leaves > 0;
}

}  // namespace vde
