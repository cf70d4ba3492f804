#include <algorithm>

#include "damage/recipes/recipes.h"
#include "format/journal_record.h"
#include "format/region/inode.h"
#include "format/region/wal_header.h"
#include "support/crafted_journal.h"
#include "support/session.h"

namespace vde::test {
namespace {

// 4096 blocks of 512 bytes: the bitmap has two blocks, 10 and 11.
constexpr ImageShape kTwoBitmapBlocks{512, 4096, "tags"};
// The rest of a record of epoch 1: its mark, "VDERECRD", and the epoch.
constexpr std::string_view kOldRecord = "56444552454352440100000000000000";

Recipe on_journal(std::string code, std::string name, void (*change)(WalHeader&)) {
  return {
      std::move(code),
      std::move(name),
      [change](ImageBuilder& image) { edit(image, 12, 0, kWalHeaderLayout, change).rehash(12); },
      {},
      12};
}

Recipe on_inodes(std::string code, std::string name, void (*change)(InodeLayoutHeader&)) {
  return {std::move(code),
          std::move(name),
          [change](ImageBuilder& image) {
            edit(image, 11, 0, kInodeLayoutHeaderLayout, change).rehash(11);
          },
          {},
          11};
}

// Most recipes cause only their own code.
void add(std::vector<Recipe>& recipes, Recipe recipe) {
  if (recipe.expected.empty()) recipe.expected = {recipe.code};
  recipes.push_back(std::move(recipe));
}

void add_bitmap(std::vector<Recipe>& recipes) {
  add(recipes, {"BMAP-001",
                "the bitmap is an all-zero block with a trailer",
                [](ImageBuilder& image) { image.write(10, "BMAP", ""); },
                {},
                10});
  const auto one_of_two = [](ImageBuilder& image) {
    image.slot(image.slot_of("BMAP"), [](RegionSlot& slot) { slot.count = 1; });
  };
  add(recipes, {"BMAP-002",
                "the bitmap's slot has one block of the two",
                one_of_two,
                {},
                10,
                kTwoBitmapBlocks});
  add(recipes,
      lost(Recipe{"BMAP-002",
                  "the bitmap's slot has one block of the two, and the other is not a bitmap block",
                  [=](ImageBuilder& image) {
                    one_of_two(image);
                    image.write(11, "DATA", "01");
                  },
                  {},
                  10,
                  kTwoBitmapBlocks}));
  add(recipes, lost(Recipe{"BMAP-007",
                           "three allocated blocks of the data area",
                           [](ImageBuilder& image) {
                             for (const uint64_t block : {200u, 201u, 203u})
                               image.data_block(block, 1);
                           },
                           {},
                           std::nullopt}));
  add(recipes, {"BMAP-003",
                "the bits of the tag index are zero",
                [](ImageBuilder& image) { image.bits(76, 80, false); },
                {},
                std::nullopt});
  add(recipes, {"BMAP-003",
                "the bits of the fixed blocks are zero",
                [](ImageBuilder& image) { image.bits(0, 10, false); },
                {},
                std::nullopt});
  add(recipes, {"BMAP-004",
                "one free block more in the superblock",
                [](ImageBuilder& image) {
                  image.superblock([](Superblock& superblock) { ++superblock.free_blocks; });
                },
                {},
                0});
  add(recipes, {"BMAP-005",
                "one allocated block less in the superblock",
                [](ImageBuilder& image) {
                  image.superblock([](Superblock& s) { --s.total_allocated_blocks; });
                },
                {},
                0});
  add(recipes, {"BMAP-005",
                "the bit of a data block set, the counts not changed",
                [](ImageBuilder& image) { image.bits(200, 201, true); },
                {"BMAP-004", "BMAP-005"},
                0});
  add(recipes, {"BMAP-006",
                "the bit of the block after the last",
                [](ImageBuilder& image) { image.bits(256, 257, true); },
                {},
                10});
  add(recipes, {"BMAP-006",
                "the last bit of the bitmap",
                [](ImageBuilder& image) { image.bits(7935, 7936, true); },
                {},
                10,
                kTwoBitmapBlocks});
}

// A checkpoint of a migration in the last block of the inode table.
Recipe on_migration(std::string code, std::string name, size_t at, std::string_view hex,
                    bool with_checksum) {
  return lost({code,
               std::move(name),
               [=](ImageBuilder& image) {
                 constexpr size_t kChecksum = 90;
                 const auto slot = image.slots()[image.slot_of("INOD")];
                 const auto last = static_cast<uint64_t>(slot.start + slot.count - 1);
                 image.write(last, "MCHK", "0102");
                 const MutableBytes payload = image.payload(last);
                 if (with_checksum) image.patch(last, at, hex);
                 store_le(payload, kChecksum, checksum(payload.first(kChecksum)));
                 if (!with_checksum) image.patch(last, at, hex);
                 image.rehash(last);
               },
               {"BLCK-004", code},
               13 + 31,
               {512, 8192, "tags", true}});
}

void add_migration(std::vector<Recipe>& recipes) {
  add(recipes, on_migration("INOD-004", "a byte of the checkpoint was changed", 3, "ff", false));
  add(recipes, on_migration("INOD-004", "phase 5", 89, "05", true));
  add(recipes, on_migration("INOD-004", "a negative start", 48, "80", true));
  add(recipes, on_migration("INOD-004", "one of no inodes is migrated", 33, "01", true));
  add(recipes, on_migration("INOD-005", "phase 1", 89, "01", true));
}

void add_inodes(std::vector<Recipe>& recipes) {
  add(recipes, {"INOD-001",
                "the layout is an all-zero block with a trailer",
                [](ImageBuilder& image) { image.write(11, "INOD", ""); },
                {},
                11});
  add(recipes, on_inodes("INOD-001", "an inode size of zero",
                         [](InodeLayoutHeader& header) { header.inode_size = 0; }));
  add(recipes, on_inodes("INOD-001", "a core of 303 bytes",
                         [](InodeLayoutHeader& header) { header.core_end = 303; }));
  add(recipes, {"INOD-001",
                "more fields than a block holds",
                [](ImageBuilder& image) {
                  edit(image, 13, 0, kInodeLayoutHeaderLayout, [](InodeLayoutHeader& header) {
                    header.field_count = 255;
                  }).rehash(13);
                },
                {},
                13,
                {512, 8192, "tags", true}});
  add(recipes, {"INOD-002",
                "a field of module 2, which the manifest does not name",
                [](ImageBuilder& image) {
                  edit(image, 11, 8, kInodeModuleFieldLayout, [](InodeModuleField& field) {
                    field.module = 2;
                  }).rehash(11);
                },
                {},
                11});
  add(recipes, {"INOD-002",
                "a field that overlaps the core",
                [](ImageBuilder& image) {
                  edit(image, 11, 8, kInodeModuleFieldLayout, [](InodeModuleField& field) {
                    field.offset = 303;
                  }).rehash(11);
                },
                {},
                11});
  add(recipes,
      lost(Recipe{"INOD-003",
                  "flag 4 of the tags' field",
                  [](ImageBuilder& image) {
                    edit(image, 11, 8, kInodeModuleFieldLayout, [](InodeModuleField& field) {
                      field.flags |= 4;
                    }).rehash(11);
                  },
                  {},
                  11}));
  add(recipes, {"INOD-002",
                "a field that runs past the inode",
                [](ImageBuilder& image) {
                  edit(image, 11, 8, kInodeModuleFieldLayout, [](InodeModuleField& field) {
                    field.size = 145;
                  }).rehash(11);
                },
                {},
                11});
}

// Leaves the journal header as the SDK writes it: zero after its own fields.
void wipe_mark(ImageBuilder& image) {
  const MutableBytes mark = image.block(12).subspan(kJournalMarkOffset, 40);
  std::fill(mark.begin(), mark.end(), uint8_t{0});
}

void add_journal(std::vector<Recipe>& recipes) {
  add(recipes, {"MWAL-001",
                "the header is an all-zero block with a trailer",
                [](ImageBuilder& image) { image.write(12, "MWAL", ""); },
                {},
                12});
  add(recipes, on_journal("MWAL-001", "version 2", [](WalHeader& header) { header.version = 2; }));
  add(recipes, on_journal("MWAL-001", "a data journal's header",
                          [](WalHeader& header) { header.type = kWalData; }));
  add(recipes, on_journal("MWAL-002", "one block more than the region has",
                          [](WalHeader& header) { ++header.max_blocks; }));
  add(recipes,
      {"MWAL-003",
       "left open by a program that does not know the mark",
       [](ImageBuilder& image) {
         wipe_mark(image);
         edit(image, 12, 0, kWalHeaderLayout, [](WalHeader& h) { h.clean = 0; }).rehash(12);
       },
       {"MWAL-003"},
       12});
  add(recipes, on_journal("MWAL-004", "left open", [](WalHeader& header) { header.clean = 0; }));
  add(recipes, {"MWAL-004",
                "a commit of one data block waits",
                [](ImageBuilder& image) { commit_data(*open_volume(image.file()), 1, 1); },
                {"MWAL-004", "BMAP-007"},
                12,
                {},
                {},
                {"BMAP-007"}});
  add(recipes, {"MWAL-005",
                "the header is another program's, the last block still marked",
                [](ImageBuilder& image) {
                  const Bytes mark = image.block(12).subspan(kJournalMarkOffset, 40);
                  std::copy(mark.begin(), mark.end(), image.block(75).begin());
                  image.rehash(75);
                  wipe_mark(image);
                  image.rehash(12);
                },
                {"MWAL-005"},
                12});
  add(recipes, {"MWAL-005",
                "a record changes the block in which an image of its own waits",
                [](ImageBuilder& image) {
                  CraftedJournal journal(image);
                  const BlockBuffer one = journal.valid_block(block_types::kData, 1);
                  const BlockBuffer two = journal.valid_block(block_types::kData, 2);
                  journal.add({{15, 0, one}, {200, 0, two}});
                },
                {"MWAL-005"},
                13});
  add(recipes, {"MWAL-006",
                "a byte after the mark is damaged, in a journal that once held a record",
                [](ImageBuilder& image) { image.write(13, "MWAL", kOldRecord).flip(12, 200); },
                {"MWAL-006"},
                12});
}

}  // namespace

std::vector<Recipe> region_recipes() {
  std::vector<Recipe> recipes;
  add_bitmap(recipes);
  add_inodes(recipes);
  add_migration(recipes);
  add_journal(recipes);
  return recipes;
}

}  // namespace vde::test
