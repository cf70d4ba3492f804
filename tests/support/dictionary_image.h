// Images with a table of compression dictionaries, which no command creates: it takes the region of
// the integrity tree, blocks 84 to 87 of an ImageBuilder with all modules.
#pragma once

#include "format/hash.h"
#include "format/region/dictionary.h"
#include "support/image_builder.h"

namespace vde::test {

inline constexpr uint64_t kDictionaryTable = 84;
inline constexpr uint64_t kDictionaryBytes = 200;  // first block with bytes of dictionaries

// Turns the region into an empty table, and clears the manifest bit that the region was for.
inline void make_dictionary_table(ImageBuilder& image) {
  constexpr uint32_t kIntegrityModule = 11;
  image.slot(image.slot_of("MTRK"),
             [](RegionSlot& slot) { slot.type = block_types::kDictionaries; });
  image.superblock(
      [](Superblock& superblock) { superblock.module_manifest &= ~(1u << kIntegrityModule); });
  for (uint64_t block = kDictionaryTable; block < kDictionaryTable + 4; ++block)
    image.write(block, "DICT", "");
}

inline void count_dictionaries(ImageBuilder& image, int32_t count) {
  edit(image, kDictionaryTable, 0, kPackedTableHeaderLayout, [&](PackedTableHeader& header) {
    header.count = count;
  }).rehash(kDictionaryTable);
}

// Writes entry `index` of the table; the count stays.
inline void put_dictionary(ImageBuilder& image, uint32_t index, const Dictionary& entry) {
  const size_t payload = payload_size(image.block_size());
  uint64_t block = kDictionaryTable;
  for (; index >= dictionaries_in(payload, block == kDictionaryTable); ++block)
    index -= dictionaries_in(payload, block == kDictionaryTable);
  const size_t at = dictionary_offset(index, block == kDictionaryTable);
  kDictionaryLayout.encode(entry, image.payload(block).subspan(at));
  image.rehash(block);
}

// A dictionary of one block, kDictionaryBytes + id, whose bytes are all `id`; written and
// allocated.
inline Dictionary sound_dictionary(ImageBuilder& image, uint8_t id) {
  const uint64_t block = kDictionaryBytes + id;
  image.data_block(block, id);
  Dictionary entry;
  entry.id = id;
  entry.first_block = static_cast<int64_t>(block);
  entry.block_count = 1;
  entry.size = static_cast<int32_t>(image.payload(block).size());
  entry.trained = Ticks{638'700'000'000'000'000};
  entry.samples = 1000;
  entry.hash = sha256(image.payload(block));
  return entry;
}

// A table of valid dictionaries with the ids 0 to `count` - 1.
inline void add_dictionaries(ImageBuilder& image, uint8_t count) {
  make_dictionary_table(image);
  for (uint8_t id = 0; id < count; ++id) put_dictionary(image, id, sound_dictionary(image, id));
  count_dictionaries(image, count);
}

}  // namespace vde::test
