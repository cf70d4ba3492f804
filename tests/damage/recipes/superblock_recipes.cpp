#include <algorithm>

#include "damage/recipes/recipes.h"
#include "format/integrity_anchor.h"
#include "format/region/inode.h"
#include "format/region/wal_header.h"
#include "support/session.h"
#include "support/tree_image.h"

namespace vde::test {
namespace {

using Change = void (*)(Superblock&);

Recipe on_superblock(std::string code, std::string name, Change change,
                     std::optional<uint64_t> block = 0) {
  return {
      code, std::move(name), [=](ImageBuilder& image) { image.superblock(change); }, {code}, block};
}

// Increases the checkpoint sequence in all four blocks of one group.
void next_sequence(ImageBuilder& image, uint64_t group) {
  image.superblock_of(group, [](Superblock& superblock) { ++superblock.checkpoint_sequence; });
  for (uint64_t i = 0; i < kGroupBlocks; ++i) image.set_generation(group + i, 2);
}

// Writes the same bytes into block `index` of both groups, with new trailers.
void patch_groups(ImageBuilder& image, uint64_t index, size_t offset, std::string_view hex) {
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup})
    image.patch(group + index, offset, hex).rehash(group + index);
}

void add_geometry(std::vector<Recipe>& recipes) {
  recipes.push_back({"GEOM-001",
                     "the file ends after 200 blocks",
                     [](ImageBuilder& image) { image.bytes().resize(200 * 4096); },
                     {"GEOM-001"},
                     200});
  recipes.push_back({"GEOM-001",
                     "the file ends in the middle of the tag index",
                     [](ImageBuilder& image) { image.bytes().resize(78 * 4096); },
                     {"GEOM-001"},
                     78});
  recipes.push_back({"GEOM-001",
                     "the file lacks its last byte",
                     [](ImageBuilder& image) { image.bytes().pop_back(); },
                     {"GEOM-001"},
                     255});
  recipes.push_back(lost({"GEOM-002",
                          "one byte after the volume",
                          [](ImageBuilder& image) { image.bytes().push_back(1); },
                          {"GEOM-002"},
                          std::nullopt}));
  recipes.push_back({"GEOM-002",
                     "zeros after the volume, not a whole block",
                     [](ImageBuilder& image) { image.bytes().resize(256 * 4096 + 5000); },
                     {"GEOM-002"},
                     std::nullopt});
  recipes.push_back(on_superblock("GEOM-003", "an expected file size of one block less",
                                  [](Superblock& s) { s.expected_file_size -= 4096; }));
  recipes.push_back(on_superblock("GEOM-004", "total blocks is negative",
                                  [](Superblock& s) { s.total_blocks = -1; }));
}

void add_groups(std::vector<Recipe>& recipes) {
  recipes.push_back({"SUPB-001",
                     "one bit of the extended metadata",
                     [](ImageBuilder& image) { image.flip(2, 0); },
                     {"SUPB-001"},
                     2});
  recipes.push_back({"SUPB-001",
                     "block 0 of type DATA",
                     [](ImageBuilder& image) { image.set_tag(0, "DATA"); },
                     {"SUPB-001"},
                     0});
  recipes.push_back(fully_repaired(
      {"SUPB-001",
       "block 5 and the bitmap changed places",
       [](ImageBuilder& image) { std::ranges::swap_ranges(image.block(5), image.block(10)); },
       {"SUPB-001", "BLCK-004"},
       5}));
  recipes.push_back(fully_repaired({"SUPB-001",
                                    "block 0 has the inode layout, whose own place is unwritten",
                                    [](ImageBuilder& image) {
                                      std::ranges::copy(image.block(11), image.block(0).begin());
                                      image.wipe(11);
                                    },
                                    {"SUPB-001", "BLCK-007"},
                                    0}));
  recipes.push_back(lost(Recipe{"SUPB-001",
                                "the sectors of the primary group fail",
                                [](ImageBuilder&) {},
                                {"SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001"},
                                0,
                                {},
                                {0, 1, 2, 3}}));
  recipes.push_back({"SUPB-001",
                     "a valid superblock of another block size in the mirror",
                     [](ImageBuilder& image) {
                       image.superblock_of(4, [](Superblock& s) { s.block_size = 512; });
                     },
                     {"SUPB-001"},
                     4});
  recipes.push_back(
      {"SUPB-001",
       "a block with a valid trailer but without signature in the primary",
       [](ImageBuilder& image) { image.superblock_of(0, [](Superblock& s) { s.signature = {}; }); },
       {"SUPB-001"},
       0});
  recipes.push_back({"SUPB-002",
                     "block 3 of generation 2",
                     [](ImageBuilder& image) { image.set_generation(3, 2); },
                     {"SUPB-002"},
                     3});
  recipes.push_back({"SUPB-002",
                     "the superblock's own generation",
                     [](ImageBuilder& image) { image.set_generation(4, 2); },
                     {"SUPB-002"},
                     4});
  recipes.push_back(lost({"SUPB-012",
                          "both groups have sequence 2 and generation 1",
                          [](ImageBuilder& image) {
                            image.superblock([](Superblock& s) { s.checkpoint_sequence = 2; });
                          },
                          {"SUPB-012", "SUPB-012", "ORIG-007"},
                          0}));
  recipes.push_back({"SUPB-003",
                     "another extended metadata in the mirror",
                     [](ImageBuilder& image) { image.patch(6, 0, "41").rehash(6); },
                     {"SUPB-003"},
                     6});
  recipes.push_back({"SUPB-004",
                     "the mirror is newer",
                     [](ImageBuilder& image) { next_sequence(image, 4); },
                     {"SUPB-004"},
                     0});
  recipes.push_back({"SUPB-004",
                     "the primary is newer",
                     [](ImageBuilder& image) { next_sequence(image, 0); },
                     {"SUPB-004"},
                     4});
  recipes.push_back({"SUPB-010",
                     "one bit of both superblocks",
                     [](ImageBuilder& image) { image.flip(0, 64).flip(4, 64); },
                     {"SUPB-001", "SUPB-001", "SUPB-010"},
                     0});
  recipes.push_back({"SUPB-010",
                     "nothing of both groups is left",
                     [](ImageBuilder& image) {
                       image.wipe({0, 8});
                     },
                     {"SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001",
                      "SUPB-001", "SUPB-001", "SUPB-010"},
                     0});
  recipes.push_back({"SUPB-010",
                     "nothing of both groups and of the directory is left",
                     [](ImageBuilder& image) {
                       image.wipe({0, 10});
                     },
                     {"SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001",
                      "SUPB-001", "SUPB-001", "SUPB-010", "RMAP-001", "RMAP-001"},
                     0});
  recipes.push_back({"SUPB-001",
                     "the extended metadata and the integrity anchor of both groups are gone",
                     [](ImageBuilder& image) { image.wipe(2).wipe(3).wipe(6).wipe(7); },
                     {"SUPB-001", "SUPB-001", "SUPB-001", "SUPB-001"},
                     2});
  recipes.push_back({"SUPB-010",
                     "both superblocks are gone, and a commit waits in the journal",
                     [](ImageBuilder& image) {
                       commit_data(*open_volume(image.file()), 1, 1);
                       image.wipe(0).wipe(4);
                     },
                     {"SUPB-001", "SUPB-001", "SUPB-010"},
                     0});
  recipes.push_back({"SUPB-010",
                     "both superblocks are gone after a checkpoint",
                     [](ImageBuilder& image) {
                       const auto volume = open_volume(image.file());
                       commit_data(*volume, 1, 1);
                       must(volume->close());
                       image.wipe(0).wipe(4);
                     },
                     {"SUPB-001", "SUPB-001", "SUPB-010"},
                     0});
  recipes.push_back({"SUPB-001",
                     "one block of each group is gone",
                     [](ImageBuilder& image) { image.wipe(0).wipe(5); },
                     {"SUPB-001", "SUPB-001"},
                     0});
}

void add_reserved(std::vector<Recipe>& recipes) {
  recipes.push_back(lost(Recipe{"SUPB-005",
                                "a byte after the superblock's fields",
                                [](ImageBuilder& image) { patch_groups(image, 0, 0x130, "01"); },
                                {"SUPB-005"},
                                0}));
  recipes.push_back(lost(
      on_superblock("SUPB-005", "the superblock's padding", [](Superblock& s) { s.padding = 1; })));
  recipes.push_back(
      lost(on_superblock("SUPB-005", "text after the zero that ends the label", [](Superblock& s) {
        s.label = Text<64>{{'a', 0, 'b'}};
      })));
  recipes.push_back(lost(Recipe{"SUPB-005",
                                "the directory header's reserved field",
                                [](ImageBuilder& image) { image.patch(9, 6, "01").rehash(9); },
                                {"SUPB-005"},
                                9}));
  recipes.push_back(
      lost(Recipe{"SUPB-005",
                  "the inode layout's reserved field",
                  [](ImageBuilder& image) {
                    edit(image, 11, 0, kInodeLayoutHeaderLayout, [](InodeLayoutHeader& header) {
                      header.reserved = 1;
                    }).rehash(11);
                  },
                  {"SUPB-005"},
                  11}));
  recipes.push_back(lost(Recipe{"SUPB-005",
                                "the journal header's reserved field",
                                [](ImageBuilder& image) {
                                  edit(image, 12, 0, kWalHeaderLayout, [](WalHeader& header) {
                                    header.reserved = 1;
                                  }).rehash(12);
                                },
                                {"SUPB-005"},
                                12}));
}

void add_fields(std::vector<Recipe>& recipes) {
  recipes.push_back(lost(on_superblock("SUPB-006", "a label of one byte that is not UTF-8",
                                       [](Superblock& s) { s.label = Text<64>{{0xff}}; })));
  recipes.push_back(lost(Recipe{"SUPB-007",
                                "a seal",
                                [](ImageBuilder& image) { patch_groups(image, 0, 4048, "01"); },
                                {"SUPB-007"},
                                0}));
  recipes.push_back(lost(Recipe{"SUPB-008",
                                "a Merkle root in the anchor",
                                [](ImageBuilder& image) { patch_groups(image, 3, 0, "01"); },
                                {"SUPB-008"},
                                3}));
  recipes.push_back(lost(Recipe{"SUPB-013",
                                "a chain hash of other data",
                                [](ImageBuilder& image) {
                                  patch_groups(image, 3, 0x148, "01");
                                  patch_groups(image, 3, 0x168, "01");
                                },
                                {"SUPB-013"},
                                3}));
  recipes.push_back(lost(Recipe{"SUPB-015",
                                "a chain hash of generation 0",
                                [](ImageBuilder& image) { patch_groups(image, 3, 0x148, "01"); },
                                {"SUPB-015", "SUPB-013"},
                                3}));
  recipes.push_back(lost(Recipe{"SUPB-016",
                                "a nesting depth of 4",
                                [](ImageBuilder& image) { patch_groups(image, 2, 0x330, "04"); },
                                {"SUPB-016"},
                                2}));
  recipes.push_back(lost(Recipe{"MTRK-006",
                                "another Merkle root",
                                [](ImageBuilder& image) {
                                  make_tree(image);
                                  patch_groups(image, 3, 0, "01");
                                },
                                {"SUPB-008", "MTRK-006"},
                                3}));
  recipes.push_back(lost(Recipe{"SUPB-014",
                                "another fingerprint",
                                [](ImageBuilder& image) { patch_groups(image, 3, 0x128, "aa"); },
                                {"SUPB-014"},
                                3}));
  recipes.push_back(lost(on_superblock(
      "SUPB-009", "an inode size of one more", [](Superblock& s) { ++s.inode_size; }, 11)));
  recipes.push_back(lost(on_superblock("SUPB-011", "bit 31 of the compatible features",
                                       [](Superblock& s) { s.compatible_features |= 1u << 31; })));
  recipes.push_back(
      lost(on_superblock("SUPB-011", "bit 5 of the read-only-compatible features",
                         [](Superblock& s) { s.readonly_compatible_features |= 1u << 5; })));
}

}  // namespace

std::vector<Recipe> superblock_recipes() {
  std::vector<Recipe> recipes;
  add_geometry(recipes);
  add_groups(recipes);
  add_reserved(recipes);
  add_fields(recipes);
  return recipes;
}

}  // namespace vde::test
