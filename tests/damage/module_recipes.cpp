#include "format/hash.h"
#include "format/module_entry.h"
#include "recipes.h"

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
  }).reseal(kCodeTable);
}

void put_modules(ImageBuilder& image, uint64_t block, const std::vector<ModuleEntry>& entries) {
  size_t offset = block == kCodeTable ? kPackedTableHeaderLayout.size() : 0;
  for (const ModuleEntry& entry : entries) {
    encode(entry, image.payload(block).subspan(offset));
    offset += encoded_size(entry);
  }
  image.reseal(block);
}

// Two sound modules, the second of which is changed.
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
  recipes.push_back(on_module("CODE-004", "the first one's id",
                              [](ModuleEntry& entry) { entry.id.bytes.fill(1); }));
  recipes.push_back(on_module("CODE-005", "behind the volume",
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
  recipes.push_back(on_module("CODE-010", "a byte less is claimed, and is no padding",
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
  recipes.push_back(on_modules("CODE-009", "a block tagged TAGI", kCodeTable,
                               [](ImageBuilder& image) { image.set_tag(202, "TAGI"); }));
  recipes.push_back(
      on_modules("CODE-010", "another byte, sealed", kCodeTable,
                 [](ImageBuilder& image) { image.patch(202, 100, "00").reseal(202); }));
}

void add_module_table(std::vector<Recipe>& recipes) {
  recipes.push_back(on_modules("CODE-001", "one more is counted", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, 3); }));
  recipes.push_back(on_modules("CODE-001", "a negative count", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, -1); }));
  recipes.push_back(
      on_modules("CODE-002", "an entry point of 129 bytes", kCodeTable, [](ImageBuilder& image) {
        const size_t second = 16 + 76 + 6;
        image.patch(kCodeTable, second + 74, "8100").reseal(kCodeTable);
      }));
  recipes.push_back(on_modules(
      "SUPB-005", "the reserved bytes of the code cache's header", kCodeTable,
      [](ImageBuilder& image) { image.patch(kCodeTable, 15, "01").reseal(kCodeTable); }));
  recipes.push_back(on_modules("CODE-011", "one less is counted", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, 1); }));
  recipes.push_back(on_modules("CODE-011", "none is counted", kCodeTable,
                               [](ImageBuilder& image) { count_modules(image, 0); }));
  recipes.push_back(on_modules("CODE-015", "the second one lies in the next block", kCodeTable,
                               [](ImageBuilder& image) {
                                 const auto payload = image.payload(kCodeTable).subspan(16 + 82);
                                 std::fill(payload.begin(), payload.end(), uint8_t{0});
                                 image.reseal(kCodeTable);
                                 put_modules(image, kCodeTable + 1, {sound_module(image, 3)});
                               },
                               {"CODE-015", "BMAP-007"}));
  recipes.push_back(on_modules("CODE-016", "the last block was never written", 83,
                               [](ImageBuilder& image) { image.wipe(83); }));
}

}  // namespace

std::vector<Recipe> module_recipes() {
  std::vector<Recipe> recipes;
  add_module_entries(recipes);
  add_module_bytes(recipes);
  add_module_table(recipes);
  // Bytes and entries come from nowhere else; counts and bits of the bitmap do.
  const std::set<std::string> mended = {"CODE-001", "CODE-008", "CODE-011"};
  for (Recipe& recipe : recipes)
    if (!mended.contains(recipe.code)) recipe = lost(std::move(recipe));
  return recipes;
}

}  // namespace vde::test
