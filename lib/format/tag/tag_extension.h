// What vdetool keeps at the end of the payload of a tag index's block 0, behind the Bloom bits: the
// existing writer zeroes it, so a record that is there tells that the region is as vdetool left it.
#pragma once

#include <optional>

#include "format/tag/tag_index.h"

namespace vde {

enum TagExtensionFlag : uint32_t {
  kTagEqualKeysSorted = 1,  // by inode, none twice, and no leaf is empty but a root
};

struct TagExtension {
  Opaque<8> mark{'v', 'd', 'e', 'T', 'A', 'G', 'I', 0};
  uint32_t version = 1;
  uint32_t flags = 0;
  uint32_t filter_start = 0;  // first block of the line filter, in the region; 0 = none
  uint32_t filter_lines = 0;  // 64 bytes each
  uint64_t filter_limit = 0;  // keys that it was made for
  uint64_t filter_keys = 0;   // keys that were put in
  int32_t free_head = 0;      // first free node; 0 = none
  uint32_t free_count = 0;    // free nodes
  uint32_t high_water = 0;    // blocks from here on hold nothing
  uint32_t reserved = 0;
  uint64_t hash = 0;  // XXH64 of all that comes before

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

// Block 0 has room for the record behind so many Bloom bits.
[[nodiscard]] constexpr bool tag_extension_fits(uint32_t block_size, int64_t bloom_bits) {
  const int64_t room =
      int64_t{payload_size(block_size)} - kTagIndexHeaderLayout.size() - kTagExtensionLayout.size();
  return bloom_bits >= 0 && (bloom_bits + 7) / 8 <= room;
}

// The record at the end of block 0's payload; nothing where its mark, version or hash is not
// vdetool's, or Bloom bits of this count reach into it. Numbers are for the caller to judge.
[[nodiscard]] std::optional<TagExtension> decode_tag_extension(Bytes payload);

// Puts it there, with its hash. The caller has seen that it fits.
void encode_tag_extension(const TagExtension& extension, MutableBytes payload);

// Every free node: [0 u8][0 u16][next free node i32], then zeros: harmless to the existing reader.
void encode_free_tag_node(int32_t next, MutableBytes payload);
// Its successor, or nothing where the block is no free node.
[[nodiscard]] std::optional<int32_t> decode_free_tag_node(Bytes payload);

}  // namespace vde
