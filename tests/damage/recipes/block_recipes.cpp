#include "damage/recipes/recipes.h"

namespace vde::test {

std::vector<Recipe> block_recipes() {
  std::vector<Recipe> recipes;
  recipes.push_back(Recipe{"BLCK-001",
                           "one bit of a tag node",
                           [](ImageBuilder& image) { image.flip(77, 100); },
                           {"BLCK-001"},
                           77});
  recipes.push_back(Recipe{"BLCK-001",
                           "one bit of a checksum",
                           [](ImageBuilder& image) { image.flip(77, 4095, 7); },
                           {"BLCK-001"},
                           77});
  recipes.push_back(
      lost(Recipe{"BLCK-001",
                  "one bit of an allocated block of the data area",
                  [](ImageBuilder& image) { image.data_block(200, 0x5a).flip(200, 0); },
                  {"BLCK-001"},
                  200}));
  recipes.push_back(lost(Recipe{"BLCK-001",
                                "one bit of an allocated block that lies in no slot's bounds",
                                [](ImageBuilder& image) {
                                  image.slot(image.slot_of("DATA"), [](RegionSlot& slot) {
                                    slot.start += 10;
                                    slot.count -= 10;
                                  });
                                  image.data_block(95, 0x5a).flip(95, 0);
                                },
                                {"BLCK-001"},
                                95}));
  recipes.push_back({"BLCK-001",
                     "one bit of the bitmap, which then decides nothing",
                     [](ImageBuilder& image) { image.flip(10, 20); },
                     {"BLCK-001"},
                     10});
  recipes.push_back({"BLCK-001",
                     "one bit of the inode layout, which is then not judged",
                     [](ImageBuilder& image) { image.flip(11, 0); },
                     {"BLCK-001"},
                     11});
  recipes.push_back({"BLCK-001",
                     "one bit of the journal's header, which is then not judged",
                     [](ImageBuilder& image) { image.flip(12, 82); },
                     {"BLCK-001"},
                     12});
  recipes.push_back(Recipe{"BLCK-002",
                           "a tag node without its trailer",
                           [](ImageBuilder& image) { image.clear_trailer(77); },
                           {"BLCK-002"},
                           77});
  recipes.push_back(Recipe{"BLCK-003",
                           "a tag node of type ZZZZ",
                           [](ImageBuilder& image) { image.set_tag(77, "ZZZZ"); },
                           {"BLCK-003"},
                           77});
  recipes.push_back(
      lost(Recipe{"BLCK-003",
                  "an allocated block of the data area of type ZZZZ",
                  [](ImageBuilder& image) { image.data_block(200, 1).set_tag(200, "ZZZZ"); },
                  {"BLCK-003"},
                  200}));
  recipes.push_back(Recipe{"BLCK-004",
                           "a tag node of type SNAP",
                           [](ImageBuilder& image) { image.set_tag(77, "SNAP"); },
                           {"BLCK-004"},
                           77});
  recipes.push_back({"BLCK-004",
                     "a bitmap block of type DATA",
                     [](ImageBuilder& image) { image.set_tag(10, "DATA"); },
                     {"BLCK-004"},
                     10});
  recipes.push_back({"BLCK-005",
                     "a tag node of generation 2 under sequence 1",
                     [](ImageBuilder& image) { image.set_generation(77, 2); },
                     {"BLCK-005"},
                     77});
  recipes.push_back(
      lost(Recipe{"BLCK-005",
                  "an allocated block of the data area of generation 2 under sequence 1",
                  [](ImageBuilder& image) { image.data_block(200, 1).set_generation(200, 2); },
                  {"BLCK-005", "BMAP-007"},
                  200}));
  recipes.push_back(lost(Recipe{"BLCK-006",
                                "two sectors of regions and one of the data area fail",
                                [](ImageBuilder& image) { image.data_block(200, 1); },
                                {"BLCK-006", "BLCK-006", "BLCK-006"},
                                77,
                                {},
                                {77, 90, 200}}));
  recipes.push_back(lost(Recipe{"BLCK-006",
                                "the sectors of bitmap, inode layout and journal header fail",
                                [](ImageBuilder&) {},
                                {"BLCK-006", "BLCK-006", "BLCK-006"},
                                10,
                                {},
                                {10, 11, 12}}));
  recipes.push_back({"BLCK-007",
                     "the bitmap was never written; it then decides nothing",
                     [](ImageBuilder& image) { image.wipe(10); },
                     {"BLCK-007"},
                     10});
  recipes.push_back({"BLCK-007",
                     "the inode layout was never written",
                     [](ImageBuilder& image) { image.wipe(11); },
                     {"BLCK-007"},
                     11});
  recipes.push_back({"BLCK-007",
                     "the journal's header was never written",
                     [](ImageBuilder& image) { image.wipe(12); },
                     {"BLCK-007"},
                     12});
  recipes.push_back({"BLCK-008",
                     "nothing of the tag index was ever written",
                     [](ImageBuilder& image) { image.wipe(76).wipe(77); },
                     {"BLCK-008"},
                     76});
  recipes.push_back(Recipe{"BLCK-009",
                           "the tag index's header is an all-zero block with a trailer",
                           [](ImageBuilder& image) { image.write(76, "TAGI", ""); },
                           {"BLCK-009"},
                           76});
  recipes.push_back(Recipe{"BLCK-009",
                           "the tag index's header is unwritten, its root is there",
                           [](ImageBuilder& image) { image.wipe(76); },
                           {"BLCK-009"},
                           76});
  recipes.push_back(lost(Recipe{"BLCK-009",
                                "the integrity tree's header was never written, the others were",
                                [](ImageBuilder& image) { image.wipe(84); },
                                {"BLCK-009"},
                                84}));
  return recipes;
}

}  // namespace vde::test
