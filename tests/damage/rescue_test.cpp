// Rescues of damaged images: as much as a repair brings back, and more where a repair has nothing
// to build on. The source is never written.
#include <doctest/doctest.h>

#include <algorithm>

#include "damage/recipes/recipe_image.h"
#include "image/write_image.h"
#include "support/effort.h"
#include "support/files/faulty_file.h"
#include "support/files/sparse_file.h"
#include "support/must.h"
#include "support/rescue_image.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"
#include "support/vectors.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint32_t kBlock = 4096;

std::vector<uint8_t> without_head(std::vector<uint8_t> bytes, uint32_t block_size = kBlock) {
  std::fill_n(bytes.begin(), kFirstRegionBlock * block_size, uint8_t{0});
  return bytes;
}

// An image with 300 tags, 3 snapshots and a label, made by vdetool.
std::vector<uint8_t> ordinary_image(uint32_t block_size = kBlock) {
  ImageBuilder image({block_size, 1024, kAllModules});
  must(set_label(image.file(), "Holiday", kSomeOptions));
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  for (int i = 0; i < 300; ++i)
    must(writer->set({"key" + std::to_string(1000 + i), std::string(50, 'v'), i, 0}));
  must(writer->commit());
  must(writer->close());
  for (const char* label : {"one", "two", "three"})
    (void)must(create_snapshot(image.file(), {.label = label, .reproducible = true}, kSomeOptions));
  return image.bytes();
}

Entries entries_in(const std::vector<uint8_t>& bytes) {
  MemoryFile file(bytes);
  return entries_of(file);
}

bool is_clean(const Rescued& rescue) {
  return std::ranges::none_of(rescue.summary.left, [](const Finding& finding) {
    return finding.kind->severity != Severity::kNote;
  });
}

}  // namespace

TEST_CASE("the rescue of an intact image is that image") {
  MemoryFile file(ordinary_image());
  const std::vector<uint8_t> before = file.bytes();
  std::vector<uint8_t> bytes;
  const Rescued rescue = rescued(file, some_rescue(), &bytes);
  CHECK(bytes == before);
  CHECK(file.bytes() == before);
  CHECK(rescue.summary.lost.total() == 0);
  CHECK(rescue.summary.doubted == 0);
  CHECK(rescue.summary.label == "Holiday");
  CHECK(rescue.summary.tags == 300);
}

TEST_CASE("a rescue brings back at least what a repair of the same damage does") {
  Share share(std::min(1.0, 2 * test_effort()));
  for (const Recipe& recipe : all_recipes()) {
    CAPTURE(recipe.code);
    CAPTURE(recipe.name);
    if (!share.takes_next()) continue;
    RecipeImage image(recipe);
    FaultyFile file = image.faulty();
    RepairOptions options{from_unix_seconds(1'800'000'000), true, {VerifyScope::kAll, 1, 0}, true};
    ImageBuilder repaired(image.damaged(), image.block_size());
    Activity activity;
    if (recipe.unreadable.empty()) {
      const auto plan = plan_repair(repaired.file(), options, activity);
      if (plan && !plan->steps.empty())
        (void)must(apply_repair(repaired.file(), *plan, options, nullptr, activity));
    }
    const Rescued rescue = rescued(file);
    CHECK(image.bytes() == image.damaged());
    FaultyFile readable(repaired.file(), image.block_size(), recipe.unreadable);
    CHECK(missing_in(rescue.entries, entries_of(readable)) == "");
  }
}

TEST_CASE("everything-1 without its first ten blocks has everything") {
  const std::vector<uint8_t> whole = vector_image("everything-1");
  MemoryFile file(without_head(whole));
  std::vector<uint8_t> bytes;
  const Rescued rescue = rescued(file, some_rescue(), &bytes);
  CHECK(rescue.entries == entries_in(whole));
  CHECK(rescue.entries.tags.size() == 900);
  CHECK(rescue.entries.snapshots.size() == 25);
  CHECK(rescue.entries.modules.size() == 9);
  CHECK(is_clean(rescue));
  CHECK(rescue.size == whole.size());
  CHECK(rescue.count(RescueVerdict::kLost, "superblock") == 1);
  const StrictReader reader(bytes);
  CHECK(reader.validates());
  for (const char* region : {"TAGI", "SNAP", "CODE", "MTRK", "ENCR"})
    CHECK(reader.outcome(region) == Outcome::kReads);
  // Everything outside the ten blocks is as it was.
  CHECK(std::equal(bytes.begin() + kFirstRegionBlock * kBlock, bytes.end(),
                   whole.begin() + kFirstRegionBlock * kBlock));
}

TEST_CASE(
    "label, UUID and size of vdetool's image come from the journal if blocks 0 to 9 are lost") {
  for (const uint32_t block_size : {512u, 4096u, 65536u}) {
    CAPTURE(block_size);
    const std::vector<uint8_t> whole = ordinary_image(block_size);
    MemoryFile intact(whole);
    const Guid uuid = must(open_to_read(intact)).uuid();
    MemoryFile file(without_head(whole, block_size));
    const Rescued rescue = rescued(file);
    CHECK(rescue.summary.block_size == block_size);
    CHECK(rescue.entries == entries_in(whole));
    CHECK(rescue.summary.label == "Holiday");
    CHECK(rescue.summary.uuid == uuid);
    CHECK(rescue.size == whole.size());
    CHECK(is_clean(rescue));
  }
}

TEST_CASE("a commit that waits in the journal is not lost with blocks 0 to 9") {
  ImageBuilder image({kBlock, 1024, kAllModules});
  {
    Image opened = must(open_to_change(image.file(), kSomeOptions));
    Change change = must(opened.begin());
    (void)must(change.tags().set({"waiting", "yes", 1, 0}));
    must(change.set_label("Waiting"));
    must(change.commit({.checkpoint = false}));
  }
  MemoryFile file(without_head(image.bytes()));
  const Rescued rescue = rescued(file);
  CHECK(rescue.entries.tags.size() == 1);
  CHECK(rescue.summary.label == "Waiting");
  CHECK(rescue.count(RescueVerdict::kFound, "commit") == 1);
  CHECK(is_clean(rescue));
}

TEST_CASE("bytes after the volume are doubted, and not part of the new image") {
  std::vector<uint8_t> bytes = ordinary_image();
  const size_t whole = bytes.size();
  bytes.resize(whole + kBlock, 1);
  MemoryFile file(bytes);
  const Rescued rescue = rescued(file);
  CHECK(rescue.size == whole);
  CHECK(rescue.summary.doubted == rescue.count(RescueVerdict::kDoubted, "repair"));
  CHECK(rescue.summary.doubted == 1);
}

TEST_CASE("a file that was cut short is rescued as far as its blocks reach") {
  std::vector<uint8_t> bytes = ordinary_image();
  const size_t whole = bytes.size();
  const Entries entries = entries_in(bytes);
  bytes.resize(bytes.size() / 2);
  MemoryFile file(bytes);
  const Rescued rescue = rescued(file);
  CHECK(rescue.entries == entries);
  CHECK(rescue.size == whole);
  CHECK(rescue.count(RescueVerdict::kLost, "block") == 512);
}

TEST_CASE("sectors that cannot be read are lost, and the rest is rescued") {
  MemoryFile file(ordinary_image());
  const Entries entries = entries_in(file.bytes());
  ImageBuilder image(file.bytes(), kBlock);
  const uint64_t leaf = image.start("TAGI") + 3;
  FaultyFile faulty(file, kBlock, {1, leaf, 900});
  const Rescued rescue = rescued(faulty);
  CHECK(rescue.count(RescueVerdict::kLost, "block") == 3);
  CHECK(rescue.entries.snapshots == entries.snapshots);
  CHECK(rescue.entries.tags.size() < entries.tags.size());
  CHECK(rescue.entries.tags.size() > entries.tags.size() / 2);
  CHECK(missing_in(entries, rescue.entries) == "");
}

TEST_CASE("regions whose slots are exchanged in all tables are found by their blocks") {
  ImageBuilder image(ordinary_image(), kBlock);
  const Entries entries = entries_of(image.file());
  const auto slots = image.slots();
  const size_t tags = image.slot_of("TAGI");
  const size_t snapshots = image.slot_of("SNAP");
  image.slot(tags, [&](RegionSlot& slot) { slot.type = slots[snapshots].type; });
  image.slot(snapshots, [&](RegionSlot& slot) { slot.type = slots[tags].type; });
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.entries == entries);
  // A repair proves where they are.
  CHECK(rescue.count(RescueVerdict::kDoubted, "region") == 0);
}

TEST_CASE("removed tags do not come back, and are listed as old") {
  ImageBuilder image(ordinary_image(), kBlock);
  // A copy of the leaves in free blocks, as a moved index leaves it.
  const uint64_t start = image.start("TAGI");
  for (uint64_t i = 0; i < 12; ++i)
    std::ranges::copy(image.block(start + i), image.block(900 + i).begin());
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  CHECK(must(writer->remove("key1007", 7)));
  must(writer->commit());
  must(writer->close());
  const Entries entries = entries_of(image.file());
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.entries == entries);
  CHECK(rescue.count(RescueVerdict::kOld, "tag") == 1);
  CHECK(rescue.summary.old == 1);
}

TEST_CASE("removed tags stay away if the file ends within the index") {
  ImageBuilder image(ordinary_image(), kBlock);
  const RegionSlot tags = image.slots()[image.slot_of("TAGI")];
  const RegionSlot journal = image.slots()[image.slot_of("MWAL")];
  const auto start = static_cast<uint64_t>(tags.start);
  // As after-images that no later commit has overwritten.
  for (uint64_t i = 0; i < 12; ++i)
    std::ranges::copy(
        image.block(start + i),
        image.block(static_cast<uint64_t>(journal.start + journal.count) - 14 + i).begin());
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  CHECK(must(writer->remove("key1007", 7)));
  must(writer->commit());
  must(writer->close());
  const Entries entries = entries_of(image.file());
  REQUIRE(journal.start < tags.start);
  REQUIRE(tags.count > 13);
  image.bytes().resize(static_cast<size_t>(tags.start + tags.count - 1) * kBlock);
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.entries.tags == entries.tags);
  CHECK(rescue.count(RescueVerdict::kOld, "tag") == 1);
  CHECK(rescue.summary.old == 1);
}

TEST_CASE("old tags and snapshots are used if nothing is left of their regions") {
  ImageBuilder image(ordinary_image(), kBlock);
  const Entries entries = entries_of(image.file());
  for (const char* type : {"TAGI", "SNAP"}) {
    const RegionSlot slot = image.slots()[image.slot_of(type)];
    const auto start = static_cast<uint64_t>(slot.start);
    const uint64_t to = type[0] == 'T' ? 900 : 980;
    for (uint64_t i = 0; i < static_cast<uint64_t>(slot.count); ++i) {
      std::ranges::copy(image.block(start + i), image.block(to + i).begin());
      image.wipe(start + i);
    }
  }
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.entries == entries);
  CHECK(rescue.count(RescueVerdict::kOld, "tag") == 300);
  CHECK(rescue.count(RescueVerdict::kOld, "snapshot") == 3);
  CHECK(rescue.summary.old == 0);
}

TEST_CASE("a sparse image of 64 TiB without its first ten blocks is rescued") {
  SparseFile file;
  CreateOptions options;
  options.size = kMaxVolumeBytes;
  options.uuid = Guid{{1, 2, 3}};
  options.modules = must(parse_modules("tags,snapshot"));
  options.now = kSomeOptions.now;
  Activity activity;
  must(write_image(file, must(plan_image(options)), activity));
  must(file.zero({0, kFirstRegionBlock * kBlock}));
  std::vector<RescueItem> items;
  const auto rescue = must(Rescue::plan(
      file, some_rescue(),
      [&](const RescueItem& item) {
        items.push_back(item);
        return Result<void>();
      },
      activity));
  CHECK(rescue->summary().size == kMaxVolumeBytes);
  CHECK(rescue->summary().uuid == options.uuid);
}

TEST_CASE("the output must be new, and an interrupted rescue leaves none") {
  MemoryFile file(ordinary_image());
  const TemporaryFolder folder;
  Activity activity;
  const auto ignore = [](const RescueItem&) { return Result<void>(); };
  const auto rescue = must(Rescue::plan(file, some_rescue(), ignore, activity));
  write_file(folder / "old", "something");
  CHECK(rescue->write(folder / "old", activity).error().code == ErrorCode::kExists);
  activity.stop = true;
  CHECK(rescue->write(folder / "new", activity).error().code == ErrorCode::kInterrupted);
  CHECK(folder.count() == 1);
  CHECK(Rescue::plan(file, some_rescue(), ignore, activity).error().code ==
        ErrorCode::kInterrupted);
}

TEST_CASE("a file without a valid block is refused") {
  MemoryFile file(std::vector<uint8_t>(1 << 20, 0x41));
  Activity activity;
  const auto ignore = [](const RescueItem&) { return Result<void>(); };
  CHECK(Rescue::plan(file, some_rescue(), ignore, activity).error().code == ErrorCode::kNotAnImage);
  RescueOptions options = some_rescue();
  options.block_size = 1000;
  CHECK(Rescue::plan(file, options, ignore, activity).error().code == ErrorCode::kUsage);
}
