#include "damage/recipes/recipes.h"
#include "format/region/module_entry.h"
#include "support/dictionary_image.h"

namespace vde::test {
namespace {

// Two valid dictionaries; the second one is changed.
Recipe on_dictionary(std::string code, std::string name, void (*change)(Dictionary&)) {
  return lost({code,
               std::move(name),
               [=](ImageBuilder& image) {
                 make_dictionary_table(image);
                 put_dictionary(image, 0, sound_dictionary(image, 1));
                 Dictionary second = sound_dictionary(image, 2);
                 change(second);
                 put_dictionary(image, 1, second);
                 count_dictionaries(image, 2);
               },
               {code},
               kDictionaryTable});
}

Recipe on_dictionaries(std::string code, std::string name, std::optional<uint64_t> block,
                       void (*change)(ImageBuilder&), std::vector<std::string> expected = {}) {
  if (expected.empty()) expected = {code};
  return {std::move(code), std::move(name),
          [=](ImageBuilder& image) {
            make_dictionary_table(image);
            put_dictionary(image, 0, sound_dictionary(image, 1));
            put_dictionary(image, 1, sound_dictionary(image, 2));
            count_dictionaries(image, 2);
            change(image);
          },
          std::move(expected), block};
}

void add_dictionary_entries(std::vector<Recipe>& recipes) {
  recipes.push_back(
      on_dictionary("DICT-002", "a negative size", [](Dictionary& entry) { entry.size = -1; }));
  recipes.push_back(on_dictionary("DICT-002", "a negative number of blocks",
                                  [](Dictionary& entry) { entry.block_count = -1; }));
  recipes.push_back(on_dictionary("DICT-003", "id 256", [](Dictionary& entry) { entry.id = 256; }));
  recipes.push_back(
      on_dictionary("DICT-004", "the first one's id", [](Dictionary& entry) { entry.id = 1; }));
  recipes.push_back(
      on_dictionary("DICT-014", "id 0 after id 1", [](Dictionary& entry) { entry.id = 0; }));
  recipes.push_back(on_dictionary("DICT-005", "after the volume",
                                  [](Dictionary& entry) { entry.first_block = 256; }));
  recipes.push_back(on_dictionary("DICT-005", "a negative block",
                                  [](Dictionary& entry) { entry.first_block = -1; }));
  recipes.push_back(on_dictionary("DICT-005", "over the directory",
                                  [](Dictionary& entry) { entry.first_block = 9; }));
  recipes.push_back(on_dictionary("DICT-005", "first block and count overflow",
                                  [](Dictionary& entry) { entry.first_block = INT64_MAX; }));
  recipes.push_back(on_dictionary("DICT-006", "in the snapshot table",
                                  [](Dictionary& entry) { entry.first_block = 88; }));
  recipes.push_back(on_dictionary("DICT-007", "the first one's block",
                                  [](Dictionary& entry) { entry.first_block = 201; }));
  recipes.push_back(
      on_dictionary("DICT-010", "another hash", [](Dictionary& entry) { entry.hash.fill(7); }));
  recipes.push_back(
      on_dictionary("DICT-011", "algorithm 5", [](Dictionary& entry) { entry.algorithm = 5; }));
}

// Stores a module in the block of the second dictionary.
void put_module_there(ImageBuilder& image) {
  constexpr uint64_t kCodeTable = 80;
  ModuleEntry entry;
  entry.hash = sha256(image.payload(kDictionaryBytes + 2));
  entry.id.bytes.fill(9);
  entry.first_block = kDictionaryBytes + 2;
  entry.block_count = 1;
  entry.size = static_cast<int32_t>(image.payload(kDictionaryBytes).size());
  encode(entry, image.payload(kCodeTable).subspan(kPackedTableHeaderLayout.size()));
  edit(image, kCodeTable, 0, kPackedTableHeaderLayout, [](PackedTableHeader& header) {
    header.count = 1;
  }).rehash(kCodeTable);
}

void add_dictionary_blocks(std::vector<Recipe>& recipes) {
  recipes.push_back(
      lost(on_dictionaries("DICT-007", "a module's block", kDictionaryTable, put_module_there)));
  recipes.push_back(on_dictionaries("DICT-008", "a written block is marked free", kDictionaryTable,
                                    [](ImageBuilder& image) { image.bits(202, 203, false); },
                                    {"DICT-008", "BMAP-004", "BMAP-005"}));
  recipes.push_back(lost(on_dictionaries("DICT-009", "its block was never written, and is free",
                                         kDictionaryTable, [](ImageBuilder& image) {
                                           Dictionary third;
                                           third.id = 3;
                                           third.first_block = 220;
                                           third.block_count = 4;
                                           third.size = 12000;
                                           put_dictionary(image, 2, third);
                                           count_dictionaries(image, 3);
                                         })));
}

void add_dictionary_table(std::vector<Recipe>& recipes) {
  recipes.push_back(
      fully_repaired(on_dictionaries("DICT-001", "a negative count", kDictionaryTable,
                                     [](ImageBuilder& image) { count_dictionaries(image, -1); })));
  recipes.push_back(fully_repaired(
      on_dictionaries("DICT-001", "one more than its four blocks can hold", kDictionaryTable,
                      [](ImageBuilder& image) { count_dictionaries(image, 59 + 3 * 60 + 1); })));
  recipes.push_back(
      fully_repaired(on_dictionaries("DICT-012", "one less is counted", kDictionaryTable,
                                     [](ImageBuilder& image) { count_dictionaries(image, 1); })));
  recipes.push_back(lost(on_dictionaries(
      "DICT-013", "bytes after the last entry that are not an entry", kDictionaryTable,
      [](ImageBuilder& image) {
        image.patch(kDictionaryTable, 16 + 2 * 68 + 4, "01").rehash(kDictionaryTable);
      })));
  recipes.push_back(lost(on_dictionaries(
      "DICT-012", "a later block holds something", kDictionaryTable + 2,
      [](ImageBuilder& image) { image.write(kDictionaryTable + 2, "DICT", "01"); })));
  recipes.push_back(
      lost(on_dictionaries("SUPB-005", "the reserved bytes of the dictionary table's header",
                           kDictionaryTable, [](ImageBuilder& image) {
                             image.patch(kDictionaryTable, 15, "01").rehash(kDictionaryTable);
                           })));
  recipes.push_back(
      lost(on_dictionaries("SUPB-005", "bytes after the space for dictionaries", kDictionaryTable,
                           [](ImageBuilder& image) {
                             image.patch(kDictionaryTable, 4079, "01").rehash(kDictionaryTable);
                           })));
  recipes.push_back(lost(on_dictionaries(
      "BLCK-001", "one bit of the table, whose dictionaries are not known then", kDictionaryTable,
      [](ImageBuilder& image) { image.flip(kDictionaryTable, 100); })));
  recipes.push_back(lost(on_dictionaries(
      "BLCK-009", "the table's first block was never written, and all others are spare",
      kDictionaryTable, [](ImageBuilder& image) { image.wipe(kDictionaryTable); })));
}

}  // namespace

std::vector<Recipe> dictionary_recipes() {
  std::vector<Recipe> recipes;
  add_dictionary_entries(recipes);
  add_dictionary_blocks(recipes);
  add_dictionary_table(recipes);
  return recipes;
}

}  // namespace vde::test
