// The blocks of a tag index (TAGI): the header in block 0 with the Bloom filter behind it, and the
// nodes of the B+-tree, one a block. Block numbers in nodes are relative to the region's start.
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

// The block of the root.
inline constexpr uint32_t kTagRoot = 1;
// The existing reader counts the region's bytes in 31 bits.
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

// The most Bloom bits that block 0 has room for.
[[nodiscard]] constexpr uint32_t max_bloom_bits(uint32_t block_size) {
  return (payload_size(block_size) - kTagIndexHeaderLayout.size()) * 8;
}

// The bits of a new filter: the default, or the largest power of two that block 0 has room for. Any
// count would do; these leave room behind the bits.
[[nodiscard]] constexpr uint32_t default_bloom_bits(uint32_t block_size) {
  return std::min(kDefaultBloomBits, std::bit_floor(max_bloom_bits(block_size)));
}

// The most keys that the existing reader takes in a node.
[[nodiscard]] constexpr uint32_t max_node_keys(uint32_t block_size) {
  return payload_size(block_size) / 8;
}

// A leaf has `entries` and `next_leaf`, an inner node `keys` and one child more.
struct TagNode {
  bool leaf = true;
  std::vector<TagEntry> entries;
  int32_t next_leaf = 0;  // 0 = the last leaf
  std::vector<std::string> keys;
  std::vector<int32_t> children;

  bool operator==(const TagNode&) const = default;
};

// Reads a node out of a block's payload. kDamaged where the type is neither 0 nor 1, where there
// are more than max_node_keys, or where anything runs past the payload (the next leaf's number is
// out of bounds to entries). Order of keys and block numbers are for the caller to judge. An
// all-zero payload is an inner node without keys and with child 0.
[[nodiscard]] Result<TagNode> decode_tag_node(Bytes payload);

// Writes a node and fills the rest of the payload with zeros. kNoSpace where it does not fit or has
// more than max_node_keys; kUsage for a key or value of more than 255 bytes, or an inner node that
// has not one child more than keys. The payload is untouched then.
[[nodiscard]] Result<void> encode_tag_node(const TagNode& node, MutableBytes payload);

// Writes an inner node of `count` keys and one child more, zeros behind it. The caller has seen
// that it fits, and that no key is too long.
void encode_inner_node(size_t count, const std::function<std::string_view(size_t i)>& key,
                       std::span<const int32_t> children, MutableBytes payload);

// Bytes that an entry takes in a leaf, a key in an inner node (without its child), a whole node.
[[nodiscard]] size_t encoded_size(const TagEntry& entry);
[[nodiscard]] size_t encoded_key_size(std::string_view key);
[[nodiscard]] size_t encoded_size(const TagNode& node);

// False only if no entry has `key`. A filter that makes no sense (no bits, no hashes, bits that are
// not there) excludes nothing.
[[nodiscard]] bool bloom_may_contain(Bytes bits, uint32_t bit_count, uint32_t hashes,
                                     std::string_view key);

// Sets the bits of `key`. Does nothing to a filter that makes no sense.
void bloom_insert(MutableBytes bits, uint32_t bit_count, uint32_t hashes, std::string_view key);

// More levels than any tree has: a node of one key would make 2^64 leaves.
inline constexpr size_t kMaxTagLevels = 64;

}  // namespace vde
