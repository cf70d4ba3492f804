// The blocks of a tag index (TAGI): the header in block 0, followed by the Bloom filter, and the
// nodes of the B+-tree, one per block. Block numbers in nodes are relative to the region.
#pragma once

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include <functional>
#include <span>

#include "format/block.h"
#include "vde/tag_types.h"

namespace vde {

// The block of the root node.
inline constexpr uint32_t kTagRoot = 1;
// The SDK counts the region's bytes in 31 bits.
inline constexpr uint64_t kMaxTagRegionBytes = (uint64_t{1} << 31) - 1;

inline constexpr uint32_t kDefaultBloomBits = 8192;
inline constexpr uint32_t kDefaultBloomHashes = 5;

struct TagIndexHeader {
  int32_t entry_count = 0;
  int16_t depth = 0;  // levels below the root; 0 = the root is a leaf
  int32_t bloom_bits = kDefaultBloomBits;
  uint8_t bloom_hashes = kDefaultBloomHashes;
  Opaque<5> reserved{};

  bool operator==(const TagIndexHeader&) const = default;
};

inline constexpr Layout kTagIndexHeaderLayout(
    "tag index", field(0, "entry_count", &TagIndexHeader::entry_count),
    field(4, "depth", &TagIndexHeader::depth), field(6, "bloom_bits", &TagIndexHeader::bloom_bits),
    field(10, "bloom_hashes", &TagIndexHeader::bloom_hashes),
    field(11, "reserved", &TagIndexHeader::reserved));
static_assert(kTagIndexHeaderLayout.covers(16));

// The maximum number of Bloom bits in block 0.
[[nodiscard]] constexpr uint32_t max_bloom_bits(uint32_t block_size) {
  return (payload_size(block_size) - kTagIndexHeaderLayout.size()) * 8;
}

// The number of bits in a new filter: the default, or the largest power of two that fits. The
// format allows any number; this leaves room after the bits.
[[nodiscard]] constexpr uint32_t default_bloom_bits(uint32_t block_size) {
  return std::min(kDefaultBloomBits, std::bit_floor(max_bloom_bits(block_size)));
}

// The maximum number of keys in a node that the SDK accepts.
[[nodiscard]] constexpr uint32_t max_node_keys(uint32_t block_size) {
  return payload_size(block_size) / 8;
}

// A leaf has `entries` and `next_leaf`; an inner node has `keys` and one more child than keys.
struct TagNode {
  bool leaf = true;
  std::vector<TagEntry> entries;
  int32_t next_leaf = 0;  // 0 = the last leaf
  std::vector<std::string> keys;
  std::vector<int32_t> children;

  bool operator==(const TagNode&) const = default;
};

// Decodes a node. kDamaged if the type is neither 0 nor 1, if there are more than max_node_keys, or
// if anything runs past the payload (entries must not overlap the next leaf's number). Does not
// check the order of keys and the block numbers. An all-zero payload is an inner node without keys
// and with child 0.
[[nodiscard]] Result<TagNode> decode_tag_node(Bytes payload);

// Encodes a node and fills the rest of the payload with zeros. kNoSpace if it does not fit or has
// more than max_node_keys; kUsage for a key or value of more than 255 bytes, or an inner node
// without exactly one more child than keys. The payload is unchanged then.
[[nodiscard]] Result<void> encode_tag_node(const TagNode& node, MutableBytes payload);

// Encodes an inner node with `count` keys and one more child, followed by zeros. The node must fit,
// and no key may be too long.
void encode_inner_node(size_t count, const std::function<std::string_view(size_t i)>& key,
                       std::span<const int32_t> children, MutableBytes payload);

// Encoded bytes of an entry in a leaf, of a key in an inner node (without its child), and of a
// whole node.
[[nodiscard]] size_t encoded_size(const TagEntry& entry);
[[nodiscard]] size_t encoded_key_size(std::string_view key);
[[nodiscard]] size_t encoded_size(const TagNode& node);

// False only if no entry has `key`. An invalid filter (no bits, no hashes, or more bits than bytes)
// excludes nothing.
[[nodiscard]] bool bloom_may_contain(Bytes bits, uint32_t bit_count, uint32_t hashes,
                                     std::string_view key);

// Sets the bits of `key`. Does nothing if the filter is invalid.
void bloom_insert(MutableBytes bits, uint32_t bit_count, uint32_t hashes, std::string_view key);

// More levels than any tree has: with one key per node there would be 2^64 leaves.
inline constexpr size_t kMaxTagLevels = 64;

}  // namespace vde
