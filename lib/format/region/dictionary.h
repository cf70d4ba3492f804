// The table of compression dictionaries (DICT): the header of a packed table (packed_table.h), then
// entries of one size. None crosses a block's payload; the blocks after the first hold entries from
// offset 0. Which entries count is the header's to say: one of zeros is no padding.
#pragma once

#include <vector>

#include "format/block.h"
#include "format/region/packed_table.h"

namespace vde {

struct Dictionary {
  uint16_t id = 0;  // below kMaxDictionaries
  uint16_t algorithm = 0;
  int64_t first_block = 0;
  int32_t block_count = 0;  // blocks
  int32_t size = 0;         // bytes
  Ticks trained;
  int64_t samples = 0;  // that it was trained on
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

// Zstandard, Brotli, LZ4, Deflate, custom.
inline constexpr uint16_t kLastDictionaryAlgorithm = 4;

// Entries that a payload of `payload` bytes has room for, `first` for the one with the header.
[[nodiscard]] constexpr uint32_t dictionaries_in(size_t payload, bool first) {
  const size_t header = first ? kPackedTableHeaderLayout.size() : 0;
  return static_cast<uint32_t>((payload - header) / kDictionaryLayout.size());
}

// Where entry `index` of a payload begins, in bytes.
[[nodiscard]] constexpr size_t dictionary_offset(uint32_t index, bool first) {
  return (first ? kPackedTableHeaderLayout.size() : 0) + index * kDictionaryLayout.size();
}

// The entries of one block's payload, `first` for the block with the header: as many as it has room
// for, `most` at most.
[[nodiscard]] std::vector<Dictionary> decode_dictionaries(Bytes payload, bool first, uint32_t most);

}  // namespace vde
