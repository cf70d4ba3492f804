#include "tags/foreign_tags.h"

#include <algorithm>

#include "format/tag/tag_index.h"

namespace vde::test {
namespace {

// A node of the current level, and the smallest key below it.
struct Built {
  TagNode node;
  std::string first;
  std::vector<size_t> below;  // indices in the level below
};

using Level = std::vector<Built>;

Level leaves_of(const std::vector<TagEntry>& entries, const ForeignShape& shape) {
  Level leaves;
  for (size_t at = 0; at < entries.size() || leaves.empty();) {
    Built leaf;
    leaf.first = at < entries.size() ? entries[at].key : std::string();
    const bool empty = shape.empty_every > 0 && leaves.size() % shape.empty_every == 1;
    const size_t count = empty ? 0 : std::min(shape.order, entries.size() - at);
    for (size_t i = 0; i < count; ++i) leaf.node.entries.push_back(entries[at++]);
    leaves.push_back(std::move(leaf));
  }
  return leaves;
}

Level level_above(const Level& below, size_t order) {
  Level level;
  // Avoids a node with one child: the last two share.
  for (size_t at = 0; at < below.size();) {
    size_t count = std::min(order + 1, below.size() - at);
    if (below.size() - at - count == 1) --count;
    Built inner;
    inner.node.leaf = false;
    inner.first = below[at].first;
    for (size_t i = 0; i < count; ++i, ++at) {
      if (i > 0) inner.node.keys.push_back(below[at].first);
      inner.below.push_back(at);
    }
    level.push_back(std::move(inner));
  }
  return level;
}

}  // namespace

bool write_as_foreign(MutableBytes region, uint32_t block_size,
                      const std::vector<TagEntry>& entries, const ForeignShape& shape) {
  std::vector<Level> levels{leaves_of(entries, shape)};
  while (levels.back().size() > 1)
    levels.push_back(level_above(levels.back(), std::max<size_t>(shape.order, 3)));
  std::reverse(levels.begin(), levels.end());
  std::vector<uint8_t> written(region.size());
  const auto payload = [&](size_t number) {
    return MutableBytes(written).subspan(number * block_size, payload_size(block_size));
  };
  int32_t number = 1;
  for (size_t depth = 0; depth < levels.size(); ++depth) {
    const auto first_below = number + static_cast<int32_t>(levels[depth].size());
    for (size_t i = 0; i < levels[depth].size(); ++i, ++number) {
      Built& built = levels[depth][i];
      if (built.node.leaf && i + 1 < levels[depth].size()) built.node.next_leaf = number + 1;
      for (const size_t below : built.below)
        built.node.children.push_back(first_below + static_cast<int32_t>(below));
      if (static_cast<size_t>(number) >= region.size() / block_size) return false;
      if (!encode_tag_node(built.node, payload(static_cast<size_t>(number)))) return false;
    }
  }
  TagIndexHeader header;
  header.entry_count = static_cast<int32_t>(entries.size());
  header.depth = static_cast<int16_t>(levels.size() - 1);
  header.bloom_bits = static_cast<int32_t>(default_bloom_bits(block_size));
  kTagIndexHeaderLayout.encode(header, payload(0));
  for (const TagEntry& entry : entries)
    bloom_insert(payload(0).subspan(kTagIndexHeaderLayout.size()),
                 static_cast<uint32_t>(header.bloom_bits), header.bloom_hashes, entry.key);
  for (size_t at = 0; at < written.size(); at += block_size)
    write_trailer(MutableBytes(written).subspan(at, block_size), block_types::kTagIndex, 1);
  std::copy(written.begin(), written.end(), region.begin());
  return true;
}

}  // namespace vde::test
