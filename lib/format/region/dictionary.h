// The table of compression dictionaries (DICT): the header of a packed table (packed_table.h), then
// entries of one size. An entry never crosses a block's payload; the blocks after the first hold
// entries from offset 0. The header's count decides which entries exist: an all-zero entry is not
// padding.
#pragma once

#include <vector>

#include "format/block.h"
#include "format/region/packed_table.h"

namespace vde {

struct Dictionary {
  uint16_t id = 0;  // less than kMaxDictionaries
  uint16_t algorithm = 0;
  int64_t first_block = 0;
  int32_t block_count = 0;  // blocks
  int32_t size = 0;         // bytes
  Ticks trained;
  int64_t samples = 0;  // number of training samples
  Opaque<32> hash{};    // SHA-256 of the dictionary's bytes

  bool operator==(const Dictionary&) const = default;
};

inline constexpr Layout kDictionaryLayout("dictionary", field(0, "id", &Dictionary::id),
                                          field(2, "algorithm", &Dictionary::algorithm),
                                          field(4, "first_block", &Dictionary::first_block),
                                          field(12, "block_count", &Dictionary::block_count),
                                          field(16, "size", &Dictionary::size),
                                          field(20, "trained_ticks", &Dictionary::trained),
                                          field(28, "samples", &Dictionary::samples),
                                          field(36, "hash", &Dictionary::hash));
static_assert(kDictionaryLayout.covers(68));

inline constexpr uint32_t kMaxDictionaries = 256;

// 0 to 4: Zstandard, Brotli, LZ4, Deflate, custom.
inline constexpr uint16_t kLastDictionaryAlgorithm = 4;

// The number of entries that fit into a payload of `payload` bytes; `first` for the block with the
// header.
[[nodiscard]] constexpr uint32_t dictionaries_in(size_t payload, bool first) {
  const size_t header = first ? kPackedTableHeaderLayout.size() : 0;
  return static_cast<uint32_t>((payload - header) / kDictionaryLayout.size());
}

// The offset of entry `index` in a payload, in bytes.
[[nodiscard]] constexpr size_t dictionary_offset(uint32_t index, bool first) {
  return (first ? kPackedTableHeaderLayout.size() : 0) + index * kDictionaryLayout.size();
}

// Decodes the entries of one payload, `first` for the block with the header: as many as fit, but at
// most `max`.
[[nodiscard]] std::vector<Dictionary> decode_dictionaries(Bytes payload, bool first, uint32_t max);

}  // namespace vde
