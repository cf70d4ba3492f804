// What the SDK's other writers leave, made from a fresh image.
#include "damage/recipes/recipes.h"

namespace vde::test {
namespace {

constexpr ImageShape kPlain{4096, 256, "none"};

// An export: four regions one after the other, the used blocks only in the pointer tables, the
// counts without the fixed blocks, and all blocks allocated.
void make_export(ImageBuilder& image) {
  struct Region {
    std::string_view tag;
    int64_t start;
    int64_t count;
  };
  constexpr Region kRegions[] = {
      {"BMAP", 10, 1}, {"INOD", 11, 1}, {"IANT", 12, 1}, {"DATA", 13, 243}};
  image.clear_payload(1).clear_payload(5).clear_payload(8);
  for (size_t i = 0; i < std::size(kRegions); ++i)
    for (const uint64_t table : {1u, 5u, 8u})
      image.slot_in(table, i, [&](RegionSlot& slot) {
        slot = {make_block_type(kRegions[i].tag), kRegionActive, kRegions[i].start,
                kRegions[i].count, table == 8 ? 0 : kRegions[i].count};
      });
  image.write(12, "IANT", "");
  for (uint64_t block = 13; block < 256; ++block) image.data_block(block, 1);
  image.bits(0, 256, true).superblock([](Superblock& superblock) {
    superblock.free_blocks = 0;
    superblock.total_allocated_blocks = 246;
    superblock.label = {};
    constexpr std::string_view kLabel = "DWVD-Export";
    std::copy(kLabel.begin(), kLabel.end(), superblock.label.bytes.begin());
  });
}

// The directory and block 1 get a change, block 1 loses its trailer, and the mirror stays.
template <class Change>
void rewrite_table(ImageBuilder& image, size_t slot, Change change) {
  image.slot_in(8, slot, change).slot_in(1, slot, change).clear_trailer(1);
}

void add_exports(std::vector<Recipe>& recipes) {
  recipes.push_back(
      lost({"ORIG-001", "an export", make_export, {"ORIG-001"}, std::nullopt, kPlain}));
  recipes.push_back(lost({"ORIG-001",
                          "an export with a damaged data block",
                          [](ImageBuilder& image) {
                            make_export(image);
                            image.flip(100, 7);
                          },
                          {"ORIG-001", "BLCK-001"},
                          std::nullopt,
                          kPlain}));
}

void add_torn_tables(std::vector<Recipe>& recipes) {
  recipes.push_back({"ORIG-002",
                     "a slot more in the directory and in block 1, which has no trailer",
                     [](ImageBuilder& image) {
                       rewrite_table(image, 20, [](RegionSlot& slot) {
                         slot = {make_block_type("ANON"), kRegionActive, 200, 4, 0};
                       });
                     },
                     {"ORIG-002", "SUPB-001", "RMAP-003"},
                     1});
  recipes.push_back({"ORIG-003",
                     "a backup of block 0 in block 7",
                     [](ImageBuilder& image) { image.patch(7, 0, "0000000000100000024457564402"); },
                     {"ORIG-003", "SUPB-001"},
                     7});
  recipes.push_back({"ORIG-004",
                     "an inode table in the data area, and block 1 has no trailer",
                     [](ImageBuilder& image) {
                       image.write(200, "INOD", "");
                       const auto layout = image.payload(11);
                       std::copy(layout.begin(), layout.end(), image.payload(200).begin());
                       image.rehash(200);
                       rewrite_table(image, image.slot_of("INOD"),
                                     [](RegionSlot& slot) { slot.start = 200; });
                     },
                     {"ORIG-004", "SUPB-001", "RMAP-003"},
                     1});
  recipes.push_back({"ORIG-005",
                     "the snapshot table in the data area, and block 1 has no trailer",
                     [](ImageBuilder& image) {
                       for (uint64_t i = 0; i < 4; ++i) image.write(200 + i, "SNAP", "");
                       rewrite_table(image, image.slot_of("SNAP"),
                                     [](RegionSlot& slot) { slot.start = 200; });
                     },
                     {"ORIG-005", "SUPB-001", "RMAP-003"},
                     1});
}

void add_copies(std::vector<Recipe>& recipes) {
  recipes.push_back(lost({"ORIG-006",
                          "a disk of 256 blocks from the data area on",
                          [](ImageBuilder& image) {
                            const uint64_t start = image.start("DATA");
                            image.bytes().resize((start + 256) * 4096);
                            image.patch(start, 0, "eb3c90").patch(start + 255, 0, "55aa");
                          },
                          {"GEOM-002", "ORIG-006"},
                          std::nullopt,
                          kPlain}));
  const auto raise = [](ImageBuilder& image) {
    image.superblock([](Superblock& superblock) { superblock.checkpoint_sequence = 2; });
  };
  recipes.push_back(lost({"ORIG-007",
                          "sequence 2 under generation 1",
                          raise,
                          {"SUPB-012", "SUPB-012", "ORIG-007"},
                          0}));
  recipes.push_back({"ORIG-008",
                     "the same, and bitmap, inode table and journal were never written",
                     [=](ImageBuilder& image) {
                       raise(image);
                       for (const uint64_t block : {10u, 11u, 12u}) image.wipe(block);
                     },
                     {"SUPB-012", "SUPB-012", "ORIG-008", "BLCK-007", "BLCK-007", "BLCK-007"},
                     0,
                     kPlain});
}

}  // namespace

std::vector<Recipe> origin_recipes() {
  std::vector<Recipe> recipes;
  add_exports(recipes);
  add_torn_tables(recipes);
  add_copies(recipes);
  return recipes;
}

}  // namespace vde::test
