// The record that vdetool keeps at the end of the payload of a tag index's block 0, after the Bloom
// bits. The SDK zeroes these bytes, so a valid record shows that vdetool wrote the index last.
#pragma once

#include <optional>

#include "format/tag/tag_index.h"

namespace vde {

enum TagExtensionFlag : uint32_t {
  // equal keys are in inode order without duplicates, and only a root leaf may be empty
  kTagEqualKeysSorted = 1,
};

struct TagExtension {
  Opaque<8> mark{'v', 'd', 'e', 'T', 'A', 'G', 'I', 0};
  uint32_t version = 1;
  uint32_t flags = 0;
  uint32_t filter_start = 0;  // first block of the line filter, in the region; 0 = none
  uint32_t filter_lines = 0;  // 64 bytes each
  uint64_t filter_limit = 0;  // number of keys that the filter was sized for
  uint64_t filter_keys = 0;   // number of keys inserted
  int32_t free_head = 0;      // first free node; 0 = none
  uint32_t free_count = 0;    // free nodes
  uint32_t high_water = 0;    // all blocks from here on are unused
  uint32_t reserved = 0;
  uint64_t hash = 0;  // XXH64 of the fields before this one

  bool operator==(const TagExtension&) const = default;
};

inline constexpr Layout kTagExtensionLayout("tag index extension",
                                            field(0, "mark", &TagExtension::mark),
                                            field(8, "version", &TagExtension::version),
                                            field(12, "flags", &TagExtension::flags),
                                            field(16, "filter_start", &TagExtension::filter_start),
                                            field(20, "filter_lines", &TagExtension::filter_lines),
                                            field(24, "filter_limit", &TagExtension::filter_limit),
                                            field(32, "filter_keys", &TagExtension::filter_keys),
                                            field(40, "free_head", &TagExtension::free_head),
                                            field(44, "free_count", &TagExtension::free_count),
                                            field(48, "high_water", &TagExtension::high_water),
                                            field(52, "reserved", &TagExtension::reserved),
                                            field(56, "hash", &TagExtension::hash));
static_assert(kTagExtensionLayout.covers(64));

// True if block 0 has room for the record after this many Bloom bits.
[[nodiscard]] constexpr bool tag_extension_fits(uint32_t block_size, int64_t bloom_bits) {
  const int64_t room =
      int64_t{payload_size(block_size)} - kTagIndexHeaderLayout.size() - kTagExtensionLayout.size();
  return bloom_bits >= 0 && (bloom_bits + 7) / 8 <= room;
}

// Decodes the record at the end of block 0's payload. Nothing if its mark, version or hash does not
// match, or if this many Bloom bits overlap it. Does not check the other numbers.
[[nodiscard]] std::optional<TagExtension> decode_tag_extension(Bytes payload);

// Writes the record with its hash. It must fit.
void encode_tag_extension(const TagExtension& extension, MutableBytes payload);

// Encodes a free node: [0 u8][0 u16][next free node i32], then zeros. The SDK reads it as an empty
// inner node.
void encode_free_tag_node(int32_t next, MutableBytes payload);
// The next free node after this one; nothing if the block is not a free node.
[[nodiscard]] std::optional<int32_t> decode_free_tag_node(Bytes payload);

}  // namespace vde
