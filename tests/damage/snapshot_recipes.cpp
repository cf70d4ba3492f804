#include "format/snapshot_entry.h"
#include "recipes.h"

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

// Puts entries into a block of the table, one behind the other, and what is counted into the first.
void put_snapshots(ImageBuilder& image, uint64_t block, const std::vector<SnapshotEntry>& entries,
                   int32_t counted) {
  size_t offset = block == kTable ? kPackedTableHeaderLayout.size() : 0;
  for (const SnapshotEntry& entry : entries) {
    encode(entry, image.payload(block).subspan(offset));
    offset += encoded_size(entry);
  }
  image.reseal(block);
  edit(image, kTable, 0, kPackedTableHeaderLayout, [&](PackedTableHeader& header) {
    header.count = counted;
  }).reseal(kTable);
}

// Two sound snapshots, the second of which is changed.
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
  }).reseal(kTable);
}

void add_entries(std::vector<Recipe>& recipes) {
  recipes.push_back(on_snapshot("SNAP-003", "the id of another one",
                                [](SnapshotEntry& entry) { entry.id.bytes.fill(1); }));
  recipes.push_back(on_snapshot("SNAP-004", "a parent that is not there",
                                [](SnapshotEntry& entry) { entry.parent.bytes.fill(9); }));
  recipes.push_back(on_snapshot("SNAP-005", "its own parent",
                                [](SnapshotEntry& entry) { entry.parent = entry.id; }));
  recipes.push_back(on_snapshot("SNAP-006", "an inode table behind the volume",
                                [](SnapshotEntry& entry) { entry.inode_table_start = 256; }));
  recipes.push_back(
      on_snapshot("SNAP-006", "an inode table that overflows", [](SnapshotEntry& entry) {
        entry.inode_table_start = entry.inode_table_blocks = INT64_MAX;
      }));
  recipes.push_back(on_snapshot("SNAP-006", "a negative inode table",
                                [](SnapshotEntry& entry) { entry.inode_table_blocks = -1; }));
  recipes.push_back(
      on_snapshot("SNAP-008", "flag 8", [](SnapshotEntry& entry) { entry.flags = 8; }));
  recipes.push_back(on_snapshot("SNAP-009", "a label that is no text",
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
    image.patch(kTable, 16 + 69 + 66, "41").reseal(kTable);
  }));
  recipes.push_back(on_table("SNAP-007", "one less is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, 1); }));
  recipes.push_back(on_table("SNAP-007", "none is counted", kTable,
                             [](ImageBuilder& image) { set_count(image, 0); }));
  Recipe twins = on_table("SNAP-007", "one less is counted, and it has the other's id", kTable,
                          [](ImageBuilder& image) {
                            put_snapshots(image, kTable, {sound_snapshot(1), sound_snapshot(1)}, 1);
                          });
  recipes.push_back(lost(std::move(twins)));
  recipes.push_back(on_table("SNAP-007", "a spare block holds something", 90,
                             [](ImageBuilder& image) { image.write(90, "SNAP", "01"); }));
  recipes.push_back(on_table(
      "SNAP-010", "the second block is used, the first one is not full", kTable,
      [](ImageBuilder& image) { put_snapshots(image, kTable + 1, {sound_snapshot(3)}, 3); }));
  recipes.push_back(
      on_table("SUPB-005", "the reserved bytes of the snapshot table's header", kTable,
               [](ImageBuilder& image) { image.patch(kTable, 15, "01").reseal(kTable); }));
  recipes.push_back(on_table("SNAP-011", "two spare blocks were never written", 90,
                             [](ImageBuilder& image) { image.wipe(90).wipe(91); }));
}

}  // namespace

std::vector<Recipe> snapshot_recipes() {
  std::vector<Recipe> recipes;
  add_entries(recipes);
  add_counts(recipes);
  const std::set<std::string> mended = {"SNAP-001", "SNAP-004", "SNAP-005", "SNAP-007"};
  for (Recipe& recipe : recipes)
    if (!mended.contains(recipe.code) || !recipe.left.empty() ||
        recipe.name == "a spare block holds something")
      recipe = lost(std::move(recipe));
  return recipes;
}

}  // namespace vde::test
