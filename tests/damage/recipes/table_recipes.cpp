#include "damage/recipes/recipes.h"
#include "format/feature.h"

namespace vde::test {
namespace {

// Slots of the image: 0 and 1 SUPB, 2 RMAP, 3 BMAP, 4 INOD, 5 MWAL, 6 TAGI, 7 CODE, 8 MTRK, 9 SNAP,
// 10 DATA.
constexpr size_t kTags = 6;
constexpr size_t kCode = 7;
constexpr size_t kData = 10;

void edit_directory(ImageBuilder& image, void (*change)(DirectoryHeader&)) {
  edit(image, 9, 0, kDirectoryHeaderLayout, change).rehash(9);
}

Recipe on_slot(std::string code, std::string name, size_t index, void (*change)(RegionSlot&)) {
  return {code,
          std::move(name),
          [=](ImageBuilder& image) { image.slot(index, change); },
          {code},
          std::nullopt};
}

void add_directory(std::vector<Recipe>& recipes) {
  recipes.push_back({"RMAP-001",
                     "one bit of block 8",
                     [](ImageBuilder& image) { image.flip(8, 40); },
                     {"RMAP-001"},
                     8});
  recipes.push_back({"RMAP-001",
                     "block 9 was never written",
                     [](ImageBuilder& image) { image.wipe(9); },
                     {"RMAP-001"},
                     9});
  recipes.push_back({"RMAP-001",
                     "block 9 of type DATA",
                     [](ImageBuilder& image) { image.set_tag(9, "DATA"); },
                     {"RMAP-001"},
                     9});
  recipes.push_back(lost(Recipe{"RMAP-001",
                                "the sectors of the directory fail",
                                [](ImageBuilder&) {},
                                {"RMAP-001", "RMAP-001"},
                                8,
                                {},
                                {8, 9}}));
  recipes.push_back({"RMAP-002",
                     "another checksum in block 9",
                     [](ImageBuilder& image) {
                       edit_directory(image, [](DirectoryHeader& h) { ++h.slots_checksum; });
                     },
                     {"RMAP-002"},
                     9});
  recipes.push_back({"RMAP-003",
                     "a slot of the directory alone",
                     [](ImageBuilder& image) {
                       image.slot_in(8, kTags, [](RegionSlot& slot) { slot.used = 3; });
                     },
                     {"RMAP-003"},
                     8});
  recipes.push_back({"RMAP-003",
                     "a slot of the primary pointer table alone",
                     [](ImageBuilder& image) {
                       image.slot_in(1, kTags, [](RegionSlot& slot) { slot.used = 3; });
                     },
                     {"SUPB-003", "RMAP-003"},
                     5});
  recipes.push_back({"RMAP-003",
                     "the pointer table of a group that is not whole",
                     [](ImageBuilder& image) {
                       image.slot_in(5, kTags, [](RegionSlot& slot) { slot.used = 3; });
                       image.flip(6, 0);
                     },
                     {"SUPB-001", "RMAP-003"},
                     6});
  recipes.push_back({"RMAP-011",
                     "one slot in use more",
                     [](ImageBuilder& image) {
                       edit_directory(image, [](DirectoryHeader& h) { ++h.active_count; });
                     },
                     {"RMAP-011"},
                     9});
  recipes.push_back({"RMAP-011",
                     "126 slots",
                     [](ImageBuilder& image) {
                       edit_directory(image, [](DirectoryHeader& h) { --h.slot_count; });
                     },
                     {"RMAP-011"},
                     9});
  recipes.push_back({"RMAP-012",
                     "block 9 of generation 2",
                     [](ImageBuilder& image) { image.set_generation(9, 2); },
                     {"RMAP-012"},
                     8});
}

void add_places(std::vector<Recipe>& recipes) {
  recipes.push_back(on_slot("RMAP-004", "the tag index starts after the volume", kTags,
                            [](RegionSlot& slot) { slot.start = 256; }));
  recipes.push_back(on_slot("RMAP-004", "the tag index starts at a negative block", kTags,
                            [](RegionSlot& slot) { slot.start = -1; }));
  recipes.push_back(on_slot("RMAP-004", "start and count of the tag index overflow", kTags,
                            [](RegionSlot& slot) { slot.start = slot.count = INT64_MAX; }));
  recipes.push_back(on_slot("RMAP-004", "the tag index has no blocks", kTags,
                            [](RegionSlot& slot) { slot.count = 0; }));
  recipes.push_back(on_slot("RMAP-004", "the data area ends one block after the volume", kData,
                            [](RegionSlot& slot) { ++slot.count; }));
  recipes.push_back(Recipe{
      "RMAP-005",
      "the tag index claims two blocks of the code cache",
      [](ImageBuilder& image) { image.slot(kTags, [](RegionSlot& slot) { slot.count = 6; }); },
      {"RMAP-005", "BLCK-004", "BLCK-004"},
      80});
  recipes.push_back({"RMAP-006",
                     "the data area starts in the snapshot table",
                     [](ImageBuilder& image) {
                       image.slot(kData, [](RegionSlot& slot) {
                         slot.start = 90;
                         slot.count += 2;
                       });
                     },
                     {"RMAP-006"},
                     90});
  recipes.push_back(
      {"RMAP-013",
       "no slot for the mirror group",
       [](ImageBuilder& image) { image.slot(1, [](RegionSlot& slot) { slot = RegionSlot{}; }); },
       {"RMAP-013"},
       4});
  recipes.push_back({"RMAP-013",
                     "the mirror group's slot has an unknown type",
                     [](ImageBuilder& image) {
                       image.slot(1, [](RegionSlot& slot) { slot.type = BlockType{0x41414141}; });
                     },
                     {"RMAP-009", "RMAP-013"},
                     std::nullopt});
  recipes.push_back(
      {"RMAP-013",
       "the directory's slot has one block",
       [](ImageBuilder& image) { image.slot(2, [](RegionSlot& slot) { slot.count = 1; }); },
       {"RMAP-013"},
       8});
}

void add_tags(std::vector<Recipe>& recipes) {
  recipes.push_back(
      lost(Recipe{"RMAP-007",
                  "the code cache's slot becomes a second tag index",
                  [](ImageBuilder& image) {
                    image.slot(kCode, [](RegionSlot& slot) { slot.type = block_types::kTagIndex; });
                    for (uint64_t block = 80; block < 84; ++block) image.set_tag(block, "TAGI");
                  },
                  {"RMAP-007", "RMAP-008"},
                  std::nullopt}));
  recipes.push_back(lost(on_slot("RMAP-008", "the code cache's slot is free", kCode,
                                 [](RegionSlot& slot) { slot = RegionSlot{}; })));
  recipes.push_back(lost(Recipe{"RMAP-008",
                                "the manifest names a module that has no region",
                                [](ImageBuilder& image) {
                                  image.superblock([](Superblock& superblock) {
                                    superblock.module_manifest |= 1u
                                                                  << find_feature("audit-log")->id;
                                  });
                                },
                                {"RMAP-008"},
                                std::nullopt}));
  recipes.push_back(lost(Recipe{
      "RMAP-008",
      "no journal",
      [](ImageBuilder& image) { image.slot(5, [](RegionSlot& slot) { slot = RegionSlot{}; }); },
      {"RMAP-008"},
      std::nullopt}));
  recipes.push_back(lost(Recipe{"RMAP-009",
                                "a region of type QQQQ with blocks of a known type",
                                [](ImageBuilder& image) {
                                  image.slot(kCode, [](RegionSlot& slot) {
                                    slot.type = make_block_type("QQQQ");
                                  });
                                },
                                {"RMAP-009", "RMAP-008"},
                                std::nullopt}));
  recipes.push_back(
      lost(on_slot("RMAP-010", "flag 64", kTags, [](RegionSlot& slot) { slot.flags |= 64; })));
}

}  // namespace

std::vector<Recipe> table_recipes() {
  std::vector<Recipe> recipes;
  add_directory(recipes);
  add_places(recipes);
  add_tags(recipes);
  return recipes;
}

}  // namespace vde::test
