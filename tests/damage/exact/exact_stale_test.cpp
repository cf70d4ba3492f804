// Trailers that are valid but not those of the block: its last sector is from another block, or
// from an older version. What such a trailer names is not what was there.
#include "check/exact/structure_check.h"
#include "damage/exact/exact_image.h"
#include "format/region/bitmap.h"
#include "io/overlay_file.h"
#include "probe/probe.h"

using namespace vde;
using namespace vde::test;

namespace {

void add_snapshots(ImageBuilder& image, int from, int to) {
  for (int i = from; i < to; ++i) {
    SnapshotOptions wish;
    wish.label = "snapshot " + std::to_string(i);
    wish.reproducible = true;
    must(create_snapshot(image.file(), wish, {Ticks{1'000'000 + i}, false}));
  }
}

void add_tags(ImageBuilder& image, int from, int to) {
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  for (int i = from; i < to; ++i)
    must(writer->set({"key-" + std::to_string(i), std::string(20, 'v'), i, 0}));
  must(writer->commit());
  must(writer->close());
}

// The last sector of block `to` becomes that of `from`, which has the same size.
void take_last_sector(ImageBuilder& image, uint64_t to, MutableBytes from) {
  std::ranges::copy(from.last(512), image.block(to).last(512).begin());
}

// No step makes block `number` what its trailer names.
void check_not_taken(ImageBuilder& image, uint64_t number, const RepairOptions& options) {
  Activity activity;
  const RepairPlan plan = must(plan_repair(image.file(), options, activity));
  CHECK_FALSE(restores(plan, number));
  const std::string note = "block " + std::to_string(number) + " is not restored: ";
  CHECK(std::ranges::any_of(plan.notes,
                            [&](const std::string& text) { return text.starts_with(note); }));
}

}  // namespace

TEST_CASE("the last sector of an empty block does not empty a table's block") {
  ImageBuilder image({4096, 256, kAllModules});
  add_snapshots(image, 0, 30);
  const uint64_t table = image.start("SNAP");
  REQUIRE_FALSE(all_zero(image.payload(table).first(512)));
  REQUIRE(all_zero(image.payload(table + 3)));
  take_last_sector(image, table, image.block(table + 3));
  check_not_taken(image, table, kExactRepair);
}

TEST_CASE("blocks past the end of a table become empty again, whatever overwrote them") {
  ImageBuilder image({4096, 256, kAllModules});
  add_snapshots(image, 0, 30);
  const std::vector<uint8_t> sound = image.bytes();
  Random random(1);
  for (uint64_t block = 2; block < 4; ++block)
    spoil_payload(image, image.start("SNAP") + block, random);
  repair_exactly(image);
  CHECK(image.bytes() == sound);
}

TEST_CASE("a block past the end of a table becomes empty again once the others have their types") {
  ImageBuilder image({4096, 256, kAllModules});
  add_snapshots(image, 0, 100);
  const uint64_t table = image.start("SNAP");
  REQUIRE(all_zero(image.payload(table + 3)));
  image.patch(table, 0, "63").rehash(table).set_tag(table + 1, "BMAP");
  Random random(3);
  spoil_payload(image, table + 3, random);
  RepairOptions options = kExactRepair;
  options.allow_loss = false;
  Activity activity;
  const RepairPlan plan = must(plan_repair(image.file(), options, activity));
  CHECK(restores(plan, table + 3));
  must(apply_repair(image.file(), plan, options, nullptr, activity));
  CHECK(must(plan_repair(image.file(), options, activity)).steps.empty());
}

TEST_CASE("garbage in a sector of an empty table's first block is undone") {
  ImageBuilder image({4096, 256, kAllModules});
  const std::vector<uint8_t> sound = image.bytes();
  Random random(2);
  // Garbage in the first sector may be entries in front of the last sector of an empty block.
  for (const std::string region : {"SNAP", "CODE"})
    for (size_t sector = 1; sector < 7; ++sector) {
      CAPTURE(region);
      CAPTURE(sector);
      const uint64_t block = image.start(region);
      REQUIRE(all_zero(image.payload(block)));
      spoil(image, block, sector * 512, 512, random);
      repair_exactly(image);
      CHECK(image.bytes() == sound);
      image.bytes() = sound;
    }
}

TEST_CASE("the last sector of an empty block does not empty a node of the tag index") {
  ImageBuilder image({4096, 256, kAllModules});
  add_tags(image, 0, 200);
  const uint64_t index = image.start("TAGI");
  const std::vector<uint8_t> sound = image.bytes();
  std::vector<uint8_t> zeros(4096);
  for (uint64_t node = index + 1; node < index + 4; ++node) {
    image.bytes() = sound;
    write_trailer(zeros, block_types::kTagIndex, image.trailer(node).generation);
    take_last_sector(image, node, zeros);
    CAPTURE(node - index);
    check_not_taken(image, node, kExactRepair);
  }
}

TEST_CASE("the last sector of an empty bitmap block frees nothing") {
  ImageBuilder image({1024, 20'000, kAllModules});
  const uint64_t bitmap = image.start("BMAP") + 1;
  std::vector<uint8_t> empty(1024);
  write_trailer(empty, block_types::kBitmap, 1);
  const uint64_t first = bits_per_bitmap_block(1024);
  SUBCASE("one bit, as if it was flipped") {
    image.data_block(first + 36, 1);
  }
  SUBCASE("some bits of one byte") {
    for (uint64_t block = 32; block < 36; ++block) image.data_block(first + block, 1);
  }
  SUBCASE("many bits") {
    for (uint64_t block = 32; block < 52; ++block) image.data_block(first + block, 1);
  }
  REQUIRE_FALSE(all_zero(image.payload(bitmap)));
  take_last_sector(image, bitmap, empty);
  check_not_taken(image, bitmap, kExactRepair);
}

TEST_CASE("a flipped bit of the bitmap is undone although the counts of the superblock are wrong") {
  ImageBuilder image({1024, 20'000, kAllModules});
  image.data_block(9000, 1);
  image.superblock([](Superblock& superblock) { superblock.free_blocks += 7; });
  const uint64_t bitmap = image.start("BMAP");
  image.flip(bitmap, 300, 2);
  Activity activity;
  CHECK(restores(must(plan_repair(image.file(), kExactRepair, activity)), bitmap));
}

TEST_CASE("a block that is torn between two versions does not become the older one") {
  ImageBuilder image({4096, 256, kAllModules});
  add_snapshots(image, 0, 80);
  MemoryFile copy(image.bytes());
  add_snapshots(image, 80, 84);
  // The block that the new ones are in; the first one counts them.
  const uint64_t table = image.start("SNAP");
  uint64_t changed = 0;
  for (uint64_t block = table + 1; block < table + 4; ++block)
    if (!std::ranges::equal(image.payload(block),
                            Bytes(copy.bytes()).subspan(block * 4096, payload_size(4096))))
      changed = block;
  REQUIRE(changed != 0);
  take_last_sector(image, changed, MutableBytes(copy.bytes()).subspan(changed * 4096, 4096));
  RepairOptions options = kExactRepair;
  options.sources = {{"backup.dwvd", &copy}};
  check_not_taken(image, changed, options);
}

TEST_CASE("findings that steps before brought about do not count against a block") {
  ImageBuilder image;
  const uint64_t layout = image.start("INOD");
  // The slots that such a step wrote name two inode tables.
  image.slot(2, [](RegionSlot& slot) { slot.type = block_types::kInodes; });
  OverlayFile restored(image.file(), image.block_size());
  const BlockBuffer sound(image.block(layout).begin(), image.block(layout).end());
  must(restored.write(layout * image.block_size(), sound));
  image.flip(layout, 442, 6).flip(layout, 312, 3).flip(layout, 492, 3);
  const Probe probe = must(probe_to_judge(image.file()));
  const std::map<uint64_t, RestoredFacts> blocks = {{layout, {block_types::kInodes}}};
  const std::set<std::string> incomplete;
  const std::set<FindingName> known;
  Activity activity;
  const RestoredImage image_of{image.file(), restored, probe, blocks, incomplete, known};
  const auto verdict = must(StructureVerdict::judge(image_of, activity));
  CHECK(verdict.fault(blocks.at(layout)).empty());
}

TEST_CASE("slots that are chosen one by one leave a block of their region to exact repair") {
  ImageBuilder image;
  image.slot_in(kPrimaryGroup + 1, 0, [](RegionSlot& slot) { slot.start = -100; });
  image.slot_in(kMirrorGroup + 1, 2, [](RegionSlot& slot) { slot.type = block_types::kInodes; });
  const uint64_t layout = image.start("INOD");
  image.flip(layout, 442, 6).flip(layout, 312, 3).flip(layout, 492, 3);
  Activity activity;
  const RepairPlan plan = must(plan_repair(image.file(), kExactRepair, activity));
  CHECK(restores(plan, layout));
}

TEST_CASE("a leaf of which only a value changed does not become the old one") {
  ImageBuilder image({4096, 256, kAllModules});
  add_tags(image, 0, 300);
  MemoryFile copy(image.bytes());
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  must(writer->set({"key-299", std::string(20, 'w'), 299, 0}));
  must(writer->commit());
  must(writer->close());
  const std::vector<uint8_t> sound = image.bytes();
  uint64_t leaf = image.start("TAGI") + 1;
  const auto old_block = [&] { return MutableBytes(copy.bytes()).subspan(leaf * 4096, 4096); };
  while (std::ranges::equal(image.block(leaf), old_block())) ++leaf;
  take_last_sector(image, leaf, old_block());
  RepairOptions options = kExactRepair;
  options.sources = {{"backup.dwvd", &copy}};
  SUBCASE("it becomes the new one, which the journal still has") {
    repair_exactly(image, options);
    CHECK(image.bytes() == sound);
  }
  SUBCASE("it stays as it is where another sector is of neither version") {
    image.flip(leaf, 600).flip(leaf, 700);
    check_not_taken(image, leaf, options);
  }
}
