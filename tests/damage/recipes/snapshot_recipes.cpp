#include <algorithm>

#include "damage/recipes/recipes.h"
#include "format/region/snapshot_entry.h"

namespace vde::test {
namespace {

// The snapshot table has blocks 88 to 91.
constexpr uint64_t kTable = 88;

SnapshotEntry sound_snapshot(uint8_t number) {
  SnapshotEntry entry;
  entry.id.bytes.fill(number);
  entry.created = Ticks{638'700'000'000'000'000};
  entry.inode_table_start = 11;
  entry.inode_table_blocks = 1;
  entry.label = "s";
  return entry;
}

// Writes entries into a block of the table, one after the other, and the count into the first
// block.
void put_snapshots(ImageBuilder& image, uint64_t block, const std::vector<SnapshotEntry>& entries,
                   int32_t counted) {
  size_t offset = block == kTable ? kPackedTableHeaderLayout.size() : 0;
  for (const SnapshotEntry& entry : entries) {
    encode(entry, image.payload(block).subspan(offset));
    offset += encoded_size(entry);
  }
  image.rehash(block);
  edit(image, kTable, 0, kPackedTableHeaderLayout, [&](PackedTableHeader& header) {
    header.count = counted;
  }).rehash(kTable);
}

// Two valid snapshots; the second one is changed.
Recipe on_snapshot(std::string code, std::string name, void (*change)(SnapshotEntry&)) {
  return {code,
          std::move(name),
          [=](ImageBuilder& image) {
            SnapshotEntry changed = sound_snapshot(2);
            change(changed);
            put_snapshots(image, kTable, {sound_snapshot(1), changed}, 2);
          },
          {code},
          kTable};
}

Recipe on_table(std::string code, std::string name, std::optional<uint64_t> block,
                std::function<void(ImageBuilder&)> change) {
  return {code,
          std::move(name),
          [=](ImageBuilder& image) {
            put_snapshots(image, kTable, {sound_snapshot(1), sound_snapshot(2)}, 2);
            change(image);
          },
          {code},
          block};
}

void set_count(ImageBuilder& image, int32_t count) {
  edit(image, kTable, 0, kPackedTableHeaderLayout, [&](PackedTableHeader& header) {
    header.count = count;
  }).rehash(kTable);
}

void add_entries(std::vector<Recipe>& recipes) {
  recipes.push_back(on_snapshot("SNAP-003", "the id of another one",
                                [](SnapshotEntry& entry) { entry.id.bytes.fill(1); }));
  recipes.push_back(
      on_snapshot("SNAP-003", "the id of another one, and another label", [](SnapshotEntry& entry) {
        entry.id.bytes.fill(1);
        entry.label = "t";
      }));
  recipes.push_back(on_snapshot("SNAP-001", "no id, and no other names it",
                                [](SnapshotEntry& entry) { entry.id = Guid{}; }));
  recipes.push_back({"SNAP-001",
                     "no id, and a child names it",
                     [](ImageBuilder& image) {
                       SnapshotEntry nil = sound_snapshot(2);
                       nil.id = Guid{};
                       SnapshotEntry child = sound_snapshot(3);
                       child.parent = sound_snapshot(2).id;
                       put_snapshots(image, kTable, {sound_snapshot(1), nil, child}, 3);
                     },
                     {"SNAP-001"},
                     kTable});
  recipes.push_back(on_snapshot("SNAP-004", "a parent that is not there",
                                [](SnapshotEntry& entry) { entry.parent.bytes.fill(9); }));
  recipes.push_back(on_snapshot("SNAP-005", "its own parent",
                                [](SnapshotEntry& entry) { entry.parent = entry.id; }));
  recipes.push_back(on_snapshot("SNAP-006", "an inode table after the volume",
                                [](SnapshotEntry& entry) { entry.inode_table_start = 256; }));
  recipes.push_back(
      on_snapshot("SNAP-006", "an inode table that overflows", [](SnapshotEntry& entry) {
        entry.inode_table_start = entry.inode_table_blocks = INT64_MAX;
      }));
  recipes.push_back(on_snapshot("SNAP-006", "a negative inode table",
                                [](SnapshotEntry& entry) { entry.inode_table_blocks = -1; }));
  recipes.push_back(
      on_snapshot("SNAP-008", "flag 8", [](SnapshotEntry& entry) { entry.flags = 8; }));
  recipes.push_back(on_snapshot("SNAP-009", "a label that is not UTF-8",
                                [](SnapshotEntry& entry) { entry.label = "\xc3("; }));
  recipes.push_back({"SNAP-005",
                     "a ring of three, and one that leads to it",
                     [](ImageBuilder& image) {
                       std::vector<SnapshotEntry> entries;
                       for (uint8_t number = 1; number <= 4; ++number)
                         entries.push_back(sound_snapshot(number));
                       entries[0].parent = entries[1].id;
                       entries[1].parent = entries[2].id;
                       entries[2].parent = entries[0].id;
                       entries[3].parent = entries[0].id;
                       put_snapshots(image, kTable, entries, 4);
                     },
                     {"SNAP-005"},
                     kTable});
}

void add_counts(std::vector<Recipe>& recipes) {
  recipes.push_back(on_table("SNAP-001", "one more is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, 3); }));
  recipes.push_back(on_table("SNAP-001", "the largest number is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, INT32_MAX); }));
  recipes.push_back(on_table("SNAP-001", "a negative number is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, -1); }));
  recipes.push_back(on_table("SNAP-002", "a label of 65 bytes", kTable, [](ImageBuilder& image) {
    image.patch(kTable, 16 + 69 + 66, "41").rehash(kTable);
  }));
  recipes.push_back(on_table(
      "SNAP-002", "a label of 65 bytes, and unknown flags", kTable,
      [](ImageBuilder& image) { image.patch(kTable, 16 + 69 + 64, "08004100").rehash(kTable); }));
  recipes.push_back(on_table("SNAP-007", "one less is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, 1); }));
  recipes.push_back(on_table("SNAP-007", "none is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, 0); }));
  Recipe duplicates =
      on_table("SNAP-007", "one less is counted, and it has the other's id", kTable,
               [](ImageBuilder& image) {
                 put_snapshots(image, kTable, {sound_snapshot(1), sound_snapshot(1)}, 1);
               });
  recipes.push_back(lost(std::move(duplicates)));
  recipes.push_back(on_table("BLCK-009", "the only block with entries was never written", kTable,
                             [](ImageBuilder& image) { image.wipe(kTable); }));
  recipes.push_back(on_table("SNAP-007", "a spare block holds something", 90,
                             [](ImageBuilder& image) { image.write(90, "SNAP", "01"); }));
  recipes.push_back(on_table(
      "SNAP-010", "the second block is used, the first one is not full", kTable,
      [](ImageBuilder& image) { put_snapshots(image, kTable + 1, {sound_snapshot(3)}, 3); }));
  recipes.push_back(
      on_table("SUPB-005", "the reserved bytes of the snapshot table's header", kTable,
               [](ImageBuilder& image) { image.patch(kTable, 15, "01").rehash(kTable); }));
  recipes.push_back(on_table("SNAP-011", "two spare blocks were never written", 90,
                             [](ImageBuilder& image) { image.wipe(90).wipe(91); }));
}

// Blocks of 512 bytes: 20 snapshots fill three of the four, 6 in the first and 7 in the others.
constexpr ImageShape kSmallBlocks{.block_size = 512, .packed = true};

void put_full_table(ImageBuilder& image, void (*change)(std::vector<SnapshotEntry>&)) {
  std::vector<SnapshotEntry> entries;
  for (uint8_t number = 1; number <= 20; ++number) entries.push_back(sound_snapshot(number));
  change(entries);
  const auto first = entries.begin();
  put_snapshots(image, kTable, {first, first + 6}, 20);
  put_snapshots(image, kTable + 1, {first + 6, first + 13}, 20);
  put_snapshots(image, kTable + 2, {first + 13, first + 20}, 20);
}

// A table of 20 snapshots with damaged blocks.
Recipe on_blocks(
    std::string name, std::vector<std::string> expected, uint64_t block,
    std::function<void(ImageBuilder&)> damage,
    void (*change)(std::vector<SnapshotEntry>&) = [](auto&) {}) {
  return {"SNAP-012",
          std::move(name),
          [=](ImageBuilder& image) {
            put_full_table(image, change);
            damage(image);
          },
          std::move(expected),
          block,
          kSmallBlocks};
}

void add_lost_blocks(std::vector<Recipe>& recipes) {
  recipes.push_back(on_blocks("one bit of the second of three blocks", {"BLCK-001", "SNAP-012"}, 89,
                              [](ImageBuilder& image) { image.flip(89, 100); }));
  recipes.push_back(on_blocks("the last of three blocks without its trailer",
                              {"BLCK-002", "SNAP-012"}, 90,
                              [](ImageBuilder& image) { image.clear_trailer(90); }));
  recipes.push_back(on_blocks("one bit of the block with the count", {"BLCK-001", "SNAP-012"}, 88,
                              [](ImageBuilder& image) { image.flip(88, 0); }));
  recipes.push_back(on_blocks(
      "the first two of three blocks are of other types", {"BLCK-003", "BLCK-004", "SNAP-012"}, 88,
      [](ImageBuilder& image) { image.set_tag(88, "ZZZZ").set_tag(89, "CODE"); }));
  recipes.push_back(on_blocks("one bit of every block",
                              {"BLCK-001", "BLCK-001", "BLCK-001", "BLCK-001", "SNAP-012"}, 88,
                              [](ImageBuilder& image) {
                                for (uint64_t block = 88; block < 92; ++block) image.flip(block, 9);
                              }));
  recipes.push_back(on_blocks(
      "a block with the parents of others", {"BLCK-001", "SNAP-012"}, 89,
      [](ImageBuilder& image) { image.flip(89, 0); },
      [](std::vector<SnapshotEntry>& entries) {
        for (size_t i = 1; i < entries.size(); ++i) entries[i].parent = entries[i - 1].id;
      }));
  recipes.push_back(on_blocks("one bit of the block with the count, when its slot counts blocks",
                              {"BLCK-001", "SNAP-012"}, 88, [](ImageBuilder& image) {
                                image.slot(image.slot_of("SNAP"),
                                           [](RegionSlot& slot) { slot.used = 3; });
                                image.flip(88, 100, 7);
                              }));
  Recipe spare = on_blocks("one bit of a block without entries", {"BLCK-001"}, 91,
                           [](ImageBuilder& image) { image.flip(91, 4); });
  spare.code = "BLCK-001";
  recipes.push_back(std::move(spare));
  Recipe zero =
      on_blocks("the block with the count is an all-zero block with a trailer", {"BLCK-009"}, 88,
                [](ImageBuilder& image) { image.write(88, "SNAP", ""); });
  zero.code = "BLCK-009";
  recipes.push_back(std::move(zero));
}

void copy_block(ImageBuilder& image, uint64_t from, uint64_t to) {
  std::ranges::copy(image.block(from), image.block(to).begin());
}

void add_misplaced_blocks(std::vector<Recipe>& recipes) {
  const auto add = [&](std::string code, Recipe recipe) {
    recipe.code = std::move(code);
    recipes.push_back(std::move(recipe));
  };
  add("SNAP-007", on_blocks("a spare block is a copy of the one before", {"SNAP-007"}, 91,
                            [](ImageBuilder& image) { copy_block(image, 90, 91); }));
  add("SNAP-003",
      on_blocks("a block is a copy of the one after it", std::vector<std::string>(7, "SNAP-003"),
                90, [](ImageBuilder& image) { copy_block(image, 90, 89); }));
  add("SNAP-001", on_blocks("a block between others was never written", {"SNAP-001"}, 88,
                            [](ImageBuilder& image) { image.wipe(89); }));
  add("BLCK-004", on_blocks("a bitmap block in the place of a spare one", {"BLCK-004", "SNAP-007"},
                            91, [](ImageBuilder& image) { image.write(91, "BMAP", "01"); }));
  add("BLCK-004", on_blocks("a spare block of another type", {"BLCK-004"}, 91,
                            [](ImageBuilder& image) { image.write(91, "BMAP", ""); }));
}

// Not repaired, because the remaining entries are ambiguous.
void add_doubtful_blocks(std::vector<Recipe>& recipes) {
  recipes.push_back(lost(on_blocks(
      "the count is lost, and two that are left have one id", {"BLCK-001", "SNAP-012"}, 88,
      [](ImageBuilder& image) { image.flip(88, 0); },
      [](std::vector<SnapshotEntry>& entries) { entries[19].id = entries[18].id; })));
  recipes.push_back(on_blocks(
      "the count is lost, and an empty block lies before others", {"BLCK-001", "SNAP-012"}, 88,
      [](ImageBuilder& image) { image.flip(88, 0).write(89, "SNAP", ""); }));
  recipes.push_back(lost(
      on_blocks("a block is lost, and in another one a label is too long",
                {"BLCK-001", "SNAP-002", "SNAP-012"}, 89,
                [](ImageBuilder& image) { image.flip(89, 0).patch(90, 66, "41").rehash(90); })));
  Recipe uncounted = on_blocks("a block is lost, and fewer are counted than others hold",
                               {"BLCK-001", "SNAP-007"}, 89, [](ImageBuilder& image) {
                                 set_count(image, 6);
                                 image.flip(89, 0);
                               });
  uncounted.code = "SNAP-007";
  recipes.push_back(std::move(uncounted));
  Recipe unreadable = on_blocks("the second of three blocks cannot be read",
                                {"BLCK-006", "SNAP-012"}, 89, [](ImageBuilder&) {});
  unreadable.unreadable = {89};
  recipes.push_back(lost(std::move(unreadable)));
}

}  // namespace

std::vector<Recipe> snapshot_recipes() {
  std::vector<Recipe> recipes;
  add_entries(recipes);
  add_counts(recipes);
  const std::set<std::string> repaired = {"BLCK-009", "SNAP-001", "SNAP-002",
                                          "SNAP-003", "SNAP-004", "SNAP-005",
                                          "SNAP-006", "SNAP-007", "SNAP-011"};
  for (Recipe& recipe : recipes)
    if (!repaired.contains(recipe.code) || !recipe.left.empty()) recipe = lost(std::move(recipe));
  add_lost_blocks(recipes);
  add_misplaced_blocks(recipes);
  add_doubtful_blocks(recipes);
  return recipes;
}

}  // namespace vde::test
