// The sources of what a rescue writes to blocks 0 to 9: for each, an image where nothing else has
// it.
#include <doctest/doctest.h>

#include <algorithm>

#include "format/journal_record.h"
#include "format/tag/tag_index.h"
#include "probe/probe.h"
#include "support/image_builder.h"
#include "support/rescue_image.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kBlocks = 1024;

Superblock superblock_in(std::vector<uint8_t> bytes) {
  MemoryFile file(std::move(bytes));
  const Probe probe = must(probe_image(file));
  REQUIRE(probe.superblock_source == SuperblockSource::kGroup);
  return probe.superblock;
}

// The rescued image; `check` gets what was found on the way.
std::vector<uint8_t> rescue_of(ImageBuilder& image, Rescued* found = nullptr) {
  std::vector<uint8_t> bytes;
  Rescued rescue = rescued(image.file(), some_rescue(), &bytes);
  if (found != nullptr) *found = std::move(rescue);
  return bytes;
}

// With no commit in the journal that holds a superblock.
ImageBuilder& with_label(ImageBuilder& image, std::string_view label) {
  return image.superblock([&](Superblock& superblock) {
    superblock.label = {};
    std::ranges::copy(label, superblock.label.bytes.begin());
  });
}

ImageBuilder& without_head(ImageBuilder& image) {
  return image.wipe({0, kFirstRegionBlock});
}

// The reason of the first item of this kind.
std::string reason(const Rescued& rescue, std::string_view kind) {
  for (const RescueItem& item : rescue.items)
    if (item.kind == kind) return item.reason;
  return "";
}

}  // namespace

TEST_CASE("the superblock comes from the other group") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  with_label(image, "other");
  image.wipe({kPrimaryGroup, kMirrorGroup});
  CHECK(superblock_in(rescue_of(image)).label.view() == "other");
}

TEST_CASE("a superblock comes from a damaged group, and the slots from the directory") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  with_label(image, "alone");
  const std::vector<RegionSlot> slots = image.slots();
  image.wipe({kPrimaryGroup, kMirrorGroup}).wipe({kMirrorGroup + 1, kDirectoryStart});
  const std::vector<uint8_t> bytes = rescue_of(image);
  CHECK(superblock_in(bytes).label.view() == "alone");
  ImageBuilder result(bytes, 4096);
  CHECK(result.slots() == slots);
}

TEST_CASE("the slots come from a pointer table if the directory is gone") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  const std::vector<RegionSlot> slots = image.slots();
  image.wipe({kPrimaryGroup, kMirrorGroup + 1}).wipe({kMirrorGroup + 2, kFirstRegionBlock});
  ImageBuilder result(rescue_of(image), 4096);
  CHECK(result.slots() == slots);
}

TEST_CASE("the superblock comes from a record of the journal") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  must(set_label(image.file(), "recorded", kSomeOptions));
  Rescued rescue;
  CHECK(superblock_in(rescue_of(without_head(image), &rescue)).label.view() == "recorded");
  CHECK(reason(rescue, "superblock") == "the newest record of the journal");
}

TEST_CASE("the superblock comes from a stray copy, and is doubted") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  with_label(image, "stray");
  std::ranges::copy(image.block(0), image.block(900).begin());
  Rescued rescue;
  CHECK(superblock_in(rescue_of(without_head(image), &rescue)).label.view() == "stray");
  CHECK(rescue.count(RescueVerdict::kDoubted, "superblock") == 1);
}

TEST_CASE("the slots come from a stray copy of a table") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  // Nothing else shows that it is used.
  const size_t snapshots = image.slot_of("SNAP");
  image.slot(snapshots, [](RegionSlot& slot) { slot.used = 3; });
  const std::vector<RegionSlot> slots = image.slots();
  std::ranges::copy(image.block(8), image.block(900).begin());
  Rescued rescue;
  ImageBuilder result(rescue_of(without_head(image), &rescue), 4096);
  CHECK(result.slots() == slots);
  CHECK(reason(rescue, "region") == "a copy of a region table");
}

TEST_CASE("the fields of a superblock without a valid checksum are kept, and doubted") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  with_label(image, "doubted");
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) image.flip(group, 3000);
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.summary.label == "doubted");
  CHECK(rescue.size == kBlocks * 4096);
}

TEST_CASE("the UUID comes from the journal's mark") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  const Guid uuid = superblock_in(image.bytes()).uuid;
  // The only record of it is that mark: no commit was made.
  Rescued rescue;
  CHECK(superblock_in(rescue_of(without_head(image), &rescue)).uuid == uuid);
  CHECK(reason(rescue, "uuid") == "the mark of the journal");
}

TEST_CASE("without the mark the volume gets a new UUID") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  const Guid uuid = superblock_in(image.bytes()).uuid;
  const uint64_t header = image.start("MWAL");
  image.patch(header, kJournalMarkOffset, std::string(64, '0')).rehash(header);
  Rescued rescue;
  const Superblock found = superblock_in(rescue_of(without_head(image), &rescue));
  CHECK(found.uuid != uuid);
  CHECK_FALSE(found.uuid.is_zero());
  CHECK(rescue.count(RescueVerdict::kLost, "uuid") == 1);
}

TEST_CASE("modules, inode size and counts come from the blocks") {
  for (const char* modules : {"tags,snapshot,compute,integrity", "tags"}) {
    CAPTURE(modules);
    ImageBuilder image({4096, kBlocks, modules});
    const Superblock intact = superblock_in(image.bytes());
    const Superblock found = superblock_in(rescue_of(without_head(image)));
    CHECK(found.module_manifest == intact.module_manifest);
    CHECK(found.inode_size == intact.inode_size);
    CHECK(found.free_blocks == intact.free_blocks);
    CHECK(found.total_allocated_blocks == intact.total_allocated_blocks);
    CHECK(found.created == intact.created);
  }
}

TEST_CASE("the size comes from the end of the regions if the file is longer or shorter") {
  for (const uint64_t blocks : {kBlocks - 300, kBlocks + 300}) {
    CAPTURE(blocks);
    ImageBuilder image({4096, kBlocks, kAllModules});
    std::ranges::copy(image.block(8), image.block(700).begin());
    without_head(image);
    image.bytes().resize(blocks * 4096);
    const std::vector<uint8_t> bytes = rescue_of(image);
    CHECK(bytes.size() == kBlocks * 4096);
    CHECK(superblock_in(bytes).total_blocks == static_cast<int64_t>(kBlocks));
  }
}

TEST_CASE("the size is that of the file if nothing else shows it") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  without_head(image);
  const std::vector<uint8_t> bytes = rescue_of(image);
  CHECK(bytes.size() == kBlocks * 4096);
  CHECK(superblock_in(bytes).expected_file_size == static_cast<int64_t>(kBlocks * 4096));
}

TEST_CASE("the places of regions come from commits that wait") {
  ImageBuilder image({4096, kBlocks, kAllModules});
  {
    Image opened = must(open_to_change(image.file(), kSomeOptions));
    Change change = must(opened.begin());
    (void)must(change.snapshots().create({.label = "waiting", .reproducible = true}));
    must(change.commit({.checkpoint = false}));
  }
  // The first block of the table looks like the rest of the one before it.
  const uint64_t snapshots = image.start("SNAP");
  image.wipe(snapshots);
  const Rescued rescue = rescued(without_head(image).file());
  CHECK(rescue.entries.snapshots.size() == 1);
  CHECK(rescue.count(RescueVerdict::kFound, "commit") == 1);
}

TEST_CASE("an old tag that no index can hold is listed, and the others are used") {
  ImageBuilder image({512, 4096, "tags"});
  const RegionSlot tags = image.slots()[image.slot_of("TAGI")];
  const uint64_t leaf = 3500;
  image.write(leaf, "TAGI", "");
  TagNode node;
  node.leaf = true;
  node.entries = {{"fits", "value", 1, 0}, {std::string(250, 'k'), "value", 2, 0}};
  must(encode_tag_node(node, image.payload(leaf)));
  image.rehash(leaf);
  image.wipe({static_cast<uint64_t>(tags.start), static_cast<uint64_t>(tags.start + tags.count)});
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.entries.tags.size() == 1);
  CHECK(rescue.count(RescueVerdict::kOld, "tag") == 2);
  CHECK(rescue.summary.old == 1);
}

TEST_CASE("removed tags stay away although one table is wrong and the index moves") {
  // The tree has more blocks than one commit, so that it is rebuilt in another place.
  ImageBuilder image({512, 4096, "tags"});
  const auto set_tags = [&](auto change) {
    const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
    change(*writer);
    must(writer->commit());
    must(writer->close());
  };
  set_tags([](TagWriter& writer) {
    for (int i = 0; i < 700; ++i)
      must(writer.set({"key" + std::to_string(1000 + i), "some value", i, 0}));
  });
  uint64_t leaf = image.start("TAGI") + 5;
  TagNode node = must(decode_tag_node(image.payload(leaf)));
  while (!node.leaf) node = must(decode_tag_node(image.payload(++leaf)));
  std::ranges::copy(image.block(leaf), image.block(3500).begin());
  set_tags([&](TagWriter& writer) {
    for (const TagEntry& tag : node.entries) CHECK(must(writer.remove(tag.key, tag.inode)));
  });
  const Entries entries = entries_of(image.file());
  REQUIRE(entries.tags.size() == 700 - node.entries.size());
  const uint64_t tags = image.start("TAGI");
  image.slot_in(1, image.slot_of("TAGI"), [](RegionSlot& slot) { slot.start = 8; });
  image.flip(tags, 4);
  const Rescued rescue = rescued(image.file());
  CHECK(rescue.entries == entries);
  CHECK(rescue.count(RescueVerdict::kOld, "tag") == node.entries.size());
}
