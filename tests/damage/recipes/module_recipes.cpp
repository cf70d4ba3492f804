#include "damage/recipes/recipes.h"
#include "format/hash.h"
#include "format/region/module_entry.h"

namespace vde::test {
namespace {

// The code cache has blocks 80 to 83; the modules' bytes lie in blocks from 200 on.
constexpr uint64_t kCodeTable = 80;
constexpr uint64_t kModuleBytes = 200;

// A module of one block whose bytes are all `number`.
ModuleEntry sound_module(ImageBuilder& image, uint8_t number) {
  const uint64_t block = kModuleBytes + number;
  image.data_block(block, number);
  ModuleEntry entry;
  entry.hash = sha256(image.payload(block));
  entry.id.bytes.fill(number);
  entry.first_block = static_cast<int64_t>(block);
  entry.block_count = 1;
  entry.size = static_cast<int32_t>(image.payload(block).size());
  entry.registered = Ticks{638'700'000'000'000'000};
  entry.entry_point = "_start";
  return entry;
}

void count_modules(ImageBuilder& image, int32_t count) {
  edit(image, kCodeTable, 0, kPackedTableHeaderLayout, [&](PackedTableHeader& header) {
    header.count = count;
  }).rehash(kCodeTable);
}

void put_modules(ImageBuilder& image, uint64_t block, const std::vector<ModuleEntry>& entries) {
  size_t offset = block == kCodeTable ? kPackedTableHeaderLayout.size() : 0;
  for (const ModuleEntry& entry : entries) {
    encode(entry, image.payload(block).subspan(offset));
    offset += encoded_size(entry);
  }
  image.rehash(block);
}

// Two valid modules; the second one is changed.
Recipe on_module(std::string code, std::string name, void (*change)(ModuleEntry&),
                 std::vector<std::string> others = {}) {
  std::vector<std::string> expected = {code};
  expected.insert(expected.end(), others.begin(), others.end());
  return {code, std::move(name),
          [=](ImageBuilder& image) {
            const ModuleEntry first = sound_module(image, 1);
            ModuleEntry second = sound_module(image, 2);
            change(second);
            put_modules(image, kCodeTable, {first, second});
            count_modules(image, 2);
          },
          expected, kCodeTable};
}

Recipe on_modules(std::string code, std::string name, std::optional<uint64_t> block,
                  void (*change)(ImageBuilder&), std::vector<std::string> expected = {}) {
  if (expected.empty()) expected = {code};
  return {std::move(code), std::move(name),
          [=](ImageBuilder& image) {
            const ModuleEntry first = sound_module(image, 1);
            put_modules(image, kCodeTable, {first, sound_module(image, 2)});
            count_modules(image, 2);
            change(image);
          },
          std::move(expected), block};
}

void add_module_entries(std::vector<Recipe>& recipes) {
  recipes.push_back(
      on_module("CODE-003", "the first one's hash",
                [](ModuleEntry& entry) { entry.hash = sha256(std::vector<uint8_t>(4080, 1)); },
                {"CODE-010"}));
  recipes.push_back(on_module("CODE-001", "no hash", [](ModuleEntry& entry) { entry.hash = {}; }));
  recipes.push_back(on_module("CODE-004", "the first one's id",
                              [](ModuleEntry& entry) { entry.id.bytes.fill(1); }));
  recipes.push_back(on_module("CODE-005", "after the volume",
                              [](ModuleEntry& entry) { entry.first_block = 256; }));
  recipes.push_back(on_module("CODE-005", "a negative block",
                              [](ModuleEntry& entry) { entry.first_block = -1; }));
  recipes.push_back(on_module("CODE-005", "over the superblocks",
                              [](ModuleEntry& entry) { entry.first_block = 9; }));
  recipes.push_back(on_module("CODE-005", "start and count overflow",
                              [](ModuleEntry& entry) { entry.first_block = INT64_MAX; }));
  recipes.push_back(
      on_module("CODE-005", "a block too many", [](ModuleEntry& entry) { entry.block_count = 2; }));
  recipes.push_back(
      on_module("CODE-005", "a negative size", [](ModuleEntry& entry) { entry.size = -1; }));
  recipes.push_back(on_module("CODE-006", "the first one's block",
                              [](ModuleEntry& entry) { entry.first_block = 201; }));
  recipes.push_back(on_module("CODE-007", "in the snapshot table",
                              [](ModuleEntry& entry) { entry.first_block = 88; }));
  recipes.push_back(on_module("CODE-010", "the size is one byte too small",
                              [](ModuleEntry& entry) { --entry.size; }, {"CODE-014"}));
  recipes.push_back(on_module("CODE-012", "ABI 3", [](ModuleEntry& entry) { entry.abi = 3; }));
  recipes.push_back(on_module("CODE-013", "an entry point of byte ff",
                              [](ModuleEntry& entry) { entry.entry_point = "\xff"; }));
  recipes.push_back(
      on_module("CODE-014", "the last byte is not the module's", [](ModuleEntry& entry) {
        --entry.size;
        entry.hash = sha256(std::vector<uint8_t>(4079, 2));
      }));
}

void add_module_bytes(std::vector<Recipe>& recipes) {
  recipes.push_back(on_modules("CODE-008", "a block is marked free", kCodeTable,
                               [](ImageBuilder& image) { image.bits(202, 203, false); },
                               {"CODE-008", "BMAP-004", "BMAP-005"}));
  recipes.push_back(on_modules("CODE-009", "a block was never written", kCodeTable,
                               [](ImageBuilder& image) { image.wipe(202); }));
  recipes.push_back(on_modules("CODE-009", "one bit of a block", 202,
                               [](ImageBuilder& image) { image.flip(202, 7); },
                               {"BLCK-001", "CODE-009"}));
  recipes.push_back(on_modules("CODE-009", "a block of type TAGI", kCodeTable,
                               [](ImageBuilder& image) { image.set_tag(202, "TAGI"); }));
  recipes.push_back(
      on_modules("CODE-010", "another byte, with a valid trailer", kCodeTable,
                 [](ImageBuilder& image) { image.patch(202, 100, "00").rehash(202); }));
}

void add_module_table(std::vector<Recipe>& recipes) {
  recipes.push_back(on_modules("CODE-001", "one more is counted", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, 3); }));
  recipes.push_back(on_modules("CODE-001", "a negative count", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, -1); }));
  recipes.push_back(
      on_modules("CODE-002", "an entry point of 129 bytes", kCodeTable, [](ImageBuilder& image) {
        const size_t second = 16 + 76 + 6;
        image.patch(kCodeTable, second + 74, "8100").rehash(kCodeTable);
      }));
  recipes.push_back(on_modules(
      "SUPB-005", "the reserved bytes of the code cache's header", kCodeTable,
      [](ImageBuilder& image) { image.patch(kCodeTable, 15, "01").rehash(kCodeTable); }));
  recipes.push_back(on_modules("CODE-011", "one less is counted", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, 1); }));
  recipes.push_back(on_modules("CODE-011", "none is counted", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, 0); }));
  recipes.push_back(on_modules("CODE-015", "the second one lies in the next block", kCodeTable,
                               [](ImageBuilder& image) {
                                 const auto payload = image.payload(kCodeTable).subspan(16 + 82);
                                 std::fill(payload.begin(), payload.end(), uint8_t{0});
                                 image.rehash(kCodeTable);
                                 put_modules(image, kCodeTable + 1, {sound_module(image, 3)});
                               },
                               {"CODE-015", "BMAP-007"}));
  recipes.push_back(on_modules("BLCK-009", "the only block with entries was never written",
                               kCodeTable, [](ImageBuilder& image) { image.wipe(kCodeTable); }));
  recipes.push_back(on_modules("CODE-016", "the last block was never written", 83,
                               [](ImageBuilder& image) { image.wipe(83); }));
}

// Blocks of 512 bytes: 17 modules fill three of the four, 5 in the first and 6 in the others.
Recipe on_module_blocks(
    std::string name, std::vector<std::string> expected, uint64_t block,
    void (*damage)(ImageBuilder&), void (*change)(std::vector<ModuleEntry>&) = [](auto&) {}) {
  return {"CODE-017",
          std::move(name),
          [=](ImageBuilder& image) {
            std::vector<ModuleEntry> entries;
            for (uint8_t number = 1; number <= 17; ++number)
              entries.push_back(sound_module(image, number));
            change(entries);
            const auto first = entries.begin();
            put_modules(image, kCodeTable, {first, first + 5});
            put_modules(image, kCodeTable + 1, {first + 5, first + 11});
            put_modules(image, kCodeTable + 2, {first + 11, first + 17});
            count_modules(image, 17);
            damage(image);
          },
          std::move(expected),
          block,
          {.block_size = 512, .packed = true}};
}

void add_lost_module_blocks(std::vector<Recipe>& recipes) {
  recipes.push_back(on_module_blocks("one bit of the second of three blocks",
                                     {"BLCK-001", "CODE-017"}, 81,
                                     [](ImageBuilder& image) { image.flip(81, 100); }));
  recipes.push_back(on_module_blocks("the last of three blocks without its trailer",
                                     {"BLCK-002", "CODE-017"}, 82,
                                     [](ImageBuilder& image) { image.clear_trailer(82); }));
  recipes.push_back(on_module_blocks("one bit of the block with the count",
                                     {"BLCK-001", "CODE-017"}, 80,
                                     [](ImageBuilder& image) { image.flip(80, 0); }));
  recipes.push_back(on_module_blocks(
      "the first two of three blocks are of other types", {"BLCK-003", "BLCK-004", "CODE-017"}, 80,
      [](ImageBuilder& image) { image.set_tag(80, "ZZZZ").set_tag(81, "SNAP"); }));
  recipes.push_back(on_module_blocks(
      "one bit of the block with the count and of a spare one, when the slot counts blocks",
      {"BLCK-001", "BLCK-001", "CODE-017"}, 80, [](ImageBuilder& image) {
        image.slot(image.slot_of("CODE"), [](RegionSlot& slot) { slot.used = 3; });
        image.flip(80, 7).flip(83, 7);
      }));
  Recipe spare = on_module_blocks("one bit of a block without entries", {"BLCK-001"}, 83,
                                  [](ImageBuilder& image) { image.flip(83, 4); });
  spare.code = "BLCK-001";
  recipes.push_back(std::move(spare));
  Recipe zero = on_module_blocks("the block with the count was never written", {"BLCK-009"}, 80,
                                 [](ImageBuilder& image) { image.wipe(80); });
  zero.code = "BLCK-009";
  recipes.push_back(std::move(zero));
  recipes.push_back(lost(on_module_blocks(
      "the count is lost, and one that is left lies outside the volume",
      {"BLCK-001", "CODE-005", "CODE-017"}, 80, [](ImageBuilder& image) { image.flip(80, 0); },
      [](std::vector<ModuleEntry>& entries) { entries[16].first_block = 256; })));
  Recipe unreadable = on_module_blocks("the second of three blocks cannot be read",
                                       {"BLCK-006", "CODE-017"}, 81, [](ImageBuilder&) {});
  unreadable.unreadable = {81};
  recipes.push_back(lost(std::move(unreadable)));
}

}  // namespace

std::vector<Recipe> module_recipes() {
  std::vector<Recipe> recipes;
  add_module_entries(recipes);
  add_module_bytes(recipes);
  add_module_table(recipes);
  // A repair cannot restore bytes and entries; it can restore counts and bits of the bitmap.
  const std::set<std::string> repaired = {"BLCK-009", "CODE-001", "CODE-002", "CODE-003",
                                          "CODE-005", "CODE-008", "CODE-011", "CODE-016"};
  for (Recipe& recipe : recipes)
    if (!repaired.contains(recipe.code)) recipe = lost(std::move(recipe));
  add_lost_module_blocks(recipes);
  return recipes;
}

}  // namespace vde::test
