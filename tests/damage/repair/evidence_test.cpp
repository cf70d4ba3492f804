// An entry that something proves is kept without consent to a loss, although what leads to it is
// wrong.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "damage/repair/evidence_image.h"
#include "support/repair_image.h"
#include "support/strict_entries.h"
#include "support/verify_list.h"
#include "vde/repair.h"
#include "vde/snapshots.h"

using namespace vde;
using namespace vde::test;

namespace {

// Without consent to a loss. `seconds` of searches for the original of damaged blocks.
RepairPlan repair_without_loss(ImageBuilder& image, double seconds = 0) {
  RepairOptions options{from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, seconds}};
  const std::vector<uint8_t> before = image.bytes();
  Activity activity;
  RepairPlan plan = must(plan_repair(image.file(), options, activity));
  REQUIRE_FALSE(plan.steps.empty());
  MemoryUndo undo;
  must(apply_repair(image.file(), plan, options, &undo, activity));
  CHECK(must(plan_repair(image.file(), options, activity)).steps.empty());
  MemoryFile undone(image.bytes());
  must(undo_repair(undone, undo.file(), nullptr));
  CHECK(undone.bytes() == before);
  return plan;
}

RepairPlan repair_with_loss(ImageBuilder& image) {
  return repair_and_back(image).plan;
}

// Its tree is whole again, with everything in it.
void check_nothing_lost(ImageBuilder& image, const StrictEntries& entries, double seconds = 0) {
  const RepairPlan plan = repair_without_loss(image, seconds);
  CHECK(plan.withheld.empty());
  for (const Finding& finding : verified(image.file()).findings)
    CHECK_MESSAGE(finding.kind->severity == Severity::kNote, finding.kind->code, finding.message);
  CHECK(entries_in(image) == entries);
}

// Without consent, nothing is written.
void check_withheld(ImageBuilder& image) {
  const RepairPlan plan = plan_without_consent(image);
  CHECK(plan.steps.empty());
  CHECK(plan.withheld.size() == 1);
}

std::vector<uint8_t> copy_of(ImageBuilder& image, uint64_t number) {
  const MutableBytes block = image.block(number);
  return {block.begin(), block.end()};
}

// Adds entries until the table has one more block, which is returned, and the first block from
// before the last of them: the table without the new block.
std::pair<uint64_t, std::vector<uint8_t>> grow(ImageBuilder& image, const char* type, size_t from,
                                               void (*add)(ImageBuilder&, size_t)) {
  uint64_t added = image.start(type);
  while (!all_zero(image.payload(added))) ++added;
  std::vector<uint8_t> head;
  for (size_t i = from; all_zero(image.payload(added)); ++i) {
    head = copy_of(image, image.start(type));
    add(image, i);
  }
  return {added, head};
}

void set_child(ImageBuilder& image, size_t child, int32_t number) {
  const uint64_t root = image.start("TAGI") + kTagRoot;
  TagNode node = must(decode_tag_node(image.payload(root)));
  node.children.at(child) = number;
  must(encode_tag_node(node, image.payload(root)));
  image.rehash(root);
}

}  // namespace

TEST_CASE(
    "a child number that names an unwritten block costs no tag: the chain leads to the leaf") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t region = image.start("TAGI");
  uint64_t unwritten = 0;
  for (uint64_t n = kTagRoot + 1; n < 64 && unwritten == 0; ++n)
    if (all_zero(image.payload(region + n))) unwritten = n;
  REQUIRE(unwritten > 0);
  image.wipe(region + unwritten);
  set_child(image, 2, static_cast<int32_t>(unwritten));
  check_nothing_lost(image, entries);
}

TEST_CASE("a leaf whose trailer has another type costs no tag: its checksum fits") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t leaf = leaf_of(image, 1);
  image.set_tag(leaf, "SNAP");
  check_nothing_lost(image, entries);
}

TEST_CASE("one wrong byte in a block of each table costs no snapshot and no module") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  REQUIRE(entries.snapshots.size() == kSnapshots);
  REQUIRE(entries.modules.size() == kModules);
  // In the times of the first module of each block, and somewhere in the snapshots.
  image.patch(image.start("CODE"), 82, "a5").patch(image.start("CODE") + 1, 66, "a5");
  image.patch(image.start("SNAP"), 100, "a5").patch(image.start("SNAP") + 1, 101, "a5");
  SUBCASE("the originals are found") {
    check_nothing_lost(image, entries, 10);
  }
  SUBCASE("the bytes of the modules prove neither ids nor times: what is kept needs consent") {
    const std::vector<uint8_t> damaged = image.bytes();
    const RepairPlan plan = plan_without_consent(image);
    CHECK(plan.steps.empty());
    CHECK(std::ranges::count_if(plan.withheld, [](const RepairStep& step) {
            return step.what.starts_with("keep all entries in blocks");
          }) == 1);
    CHECK(repair_with_loss(image).lost.others > 0);
    CHECK(modules_in(image.file()).size() == kModules);
  }
}

TEST_CASE("damage after the last module of a block costs nothing") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  uint64_t last = image.start("CODE");
  while (!all_zero(image.payload(last + 1))) ++last;
  image.patch(last, 490, "a5a5a5");
  check_nothing_lost(image, entries);
}

TEST_CASE("a lost write of the first block costs no module that another block proves") {
  EvidenceImage image;
  const auto [added, head] = grow(image, "CODE", kModules, add_module);
  const StrictEntries entries = entries_in(image);
  std::ranges::copy(head, image.block(image.start("CODE")).begin());
  SUBCASE("after the last module") {
    image.patch(added, 490, "a5a5a5");
    check_nothing_lost(image, entries);
  }
  SUBCASE("in the module's hash: it is not proved, and to drop it needs consent") {
    image.patch(added, 3, "a5");
    check_withheld(image);
    CHECK(repair_with_loss(image).lost.modules == 1);
    CHECK(entries_in(image).modules.size() == entries.modules.size() - 1);
  }
}

TEST_CASE("a lost write of the first block does not hide that a damaged block held snapshots") {
  EvidenceImage image;
  const auto [added, head] = grow(image, "SNAP", kSnapshots, add_snapshot);
  const size_t snapshots = entries_in(image).snapshots.size();
  std::ranges::copy(head, image.block(image.start("SNAP")).begin());
  SUBCASE("one can be read there, and nothing proves it") {
    image.patch(added, 70, "a5").patch(added, 490, "a5a5a5");
    check_withheld(image);
    CHECK(repair_with_loss(image).lost.snapshots == 1);
  }
  SUBCASE("none can be read there, but the block is newer than the first") {
    image.patch(added, 0, std::string(32, 'f'));
    image.patch(added, 16, std::string(992 - 32, '0'));
    check_withheld(image);
    repair_with_loss(image);
  }
  CHECK(entries_in(image).snapshots.size() == snapshots - 1);
}

TEST_CASE("a header that counts too few tags does not hide that a damaged leaf held some") {
  EvidenceImage image;
  const uint64_t leaf = leaf_of(image, 1);
  const size_t tags = must(decode_tag_node(image.payload(leaf))).entries.size();
  const auto count = static_cast<int32_t>(tags);
  const uint64_t header = image.start("TAGI");
  edit(image, header, 0, kTagIndexHeaderLayout, [&](TagIndexHeader& fields) {
    fields.entry_count -= count;
  }).rehash(header);
  image.flip(leaf, 490, 3);
  check_withheld(image);
  CHECK(repair_with_loss(image).lost.tags > 0);
  CHECK(entries_in(image).tags.size() == kTags - tags);
}

TEST_CASE("a header that is older than the tree does not hide that a damaged leaf held tags") {
  EvidenceImage image;
  const uint64_t region = image.start("TAGI");
  const std::vector<uint8_t> head = copy_of(image, region);
  const uint64_t leaf = leaf_of(image, 1);
  const auto tags = static_cast<int64_t>(must(decode_tag_node(image.payload(leaf))).entries.size());
  add_tags(image, kTags, kTags + tags);
  REQUIRE(image.start("TAGI") == region);
  std::ranges::copy(head, image.block(region).begin());
  SUBCASE("tags can be read there") {
    image.flip(leaf, 490, 3);
  }
  SUBCASE("no tag can be read there") {
    image.patch(leaf, 1, std::string(900, 'f'));
  }
  check_withheld(image);
  repair_with_loss(image);
  CHECK(entries_in(image).tags.size() == kTags);
}

TEST_CASE("a leaf that counts fewer entries than it holds loses none of them") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t leaf = leaf_of(image, 1);
  image.patch(leaf, 1, "0200").rehash(leaf);
  SUBCASE("the header counts them") {
    check_nothing_lost(image, entries);
  }
  SUBCASE("the header is damaged, too") {
    image.flip(image.start("TAGI"), 9);
    check_nothing_lost(image, entries);
  }
}

TEST_CASE("a leaf in the place of the root, without a header, does not pass for the whole tree") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t region = image.start("TAGI");
  std::ranges::copy(image.block(leaf_of(image, 3)), image.block(region + kTagRoot).begin());
  image.flip(region, 9);
  // Without a header nothing proves that no other leaf was lost.
  repair_with_loss(image);
  CHECK(entries_in(image) == entries);
}

TEST_CASE("a leaf in the place of the root does not hide that another leaf was lost") {
  EvidenceImage image;
  const uint64_t root = image.start("TAGI") + kTagRoot;
  const uint64_t lost = leaf_of(image, 1);
  const size_t tags = must(decode_tag_node(image.payload(lost))).entries.size();
  std::ranges::copy(image.block(leaf_of(image, 3)), image.block(root).begin());
  image.wipe(lost);
  CHECK(plan_without_consent(image).withheld.size() == 1);
  CHECK(repair_with_loss(image).lost.tags == tags);
  CHECK(entries_in(image).tags.size() == kTags - tags);
}

TEST_CASE("a block of a table that is there twice gives its entries once") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t table = image.start("SNAP");
  SUBCASE("in the place of an unused block: nothing is lost") {
    std::ranges::copy(image.block(table + 1), image.block(table + 20).begin());
    check_nothing_lost(image, entries);
  }
  SUBCASE("the first block in the place of an unused one") {
    std::ranges::copy(image.block(table), image.block(table + 20).begin());
    check_nothing_lost(image, entries);
  }
  SUBCASE("in the place of another block: only what was there is lost") {
    std::ranges::copy(image.block(table + 1), image.block(table + 2).begin());
    CHECK(verified(image.file()).codes.front() == "SNAP-003");
    const RepairPlan plan = repair_with_loss(image);
    const StrictEntries left = entries_in(image);
    CHECK(left.snapshots.size() == kSnapshots - 7);
    CHECK(plan.lost.snapshots == 7);
    for (const strict::Snapshot& snapshot : left.snapshots)
      CHECK(std::ranges::count(left.snapshots, snapshot) == 1);
  }
}

TEST_CASE("a block between those with entries that reads as never written was lost") {
  EvidenceImage image;
  const uint64_t table = image.start("SNAP");
  image.wipe(table + 2);
  CHECK(repair_with_loss(image).lost.snapshots == 7);
  CHECK(entries_in(image).snapshots.size() == kSnapshots - 7);
}

TEST_CASE("unused blocks of a table get a trailer again, and nothing else changes") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  image.wipe(image.start("SNAP") + 20).wipe(image.start("CODE") + 20);
  check_nothing_lost(image, entries);
}

TEST_CASE("a tree is rebuilt in unwritten blocks while a table of owners is damaged") {
  EvidenceImage image(3000);
  const StrictEntries entries = entries_in(image);
  const uint64_t region = image.start("TAGI");
  image.flip(region, 9).flip(image.start("SNAP") + 1, 9);
  const std::vector<uint8_t> damaged = image.bytes();
  const RepairPlan plan = repair_without_loss(image);
  // The snapshots need consent; the tags do not.
  CHECK_FALSE(plan.withheld.empty());
  const uint64_t moved = image.start("TAGI");
  CHECK(moved != region);
  const ByteRange old{moved * 512, moved * 512 + 512};
  CHECK(all_zero(Bytes(damaged).subspan(old.begin, old.length())));
  CHECK(StrictReader(image.bytes()).tags() == entries.tags);
}

TEST_CASE("a block of another structure that is nowhere else is overwritten only with consent") {
  EvidenceImage image;
  const uint64_t tags = image.start("TAGI");
  const uint64_t leaf = leaf_of(image, 1);
  uint64_t kept = 0;
  uint64_t place = 0;
  SUBCASE("a leaf in the place of a bitmap block") {
    place = image.start("BMAP");
    kept = leaf;
  }
  SUBCASE("a leaf in the place of the inode layout") {
    place = image.start("INOD");
    kept = leaf;
  }
  SUBCASE("snapshots in the place of the root of the tag tree") {
    place = tags + kTagRoot;
    kept = image.start("SNAP");
  }
  SUBCASE("modules in the place of the tag index's header") {
    place = tags;
    kept = image.start("CODE");
  }
  const std::vector<uint8_t> content(image.payload(kept).begin(), image.payload(kept).end());
  std::ranges::swap_ranges(image.block(place), image.block(kept));
  const std::vector<uint8_t> damaged = image.bytes();
  const RepairPlan plan = plan_without_consent(image);
  REQUIRE_FALSE(plan.withheld.empty());
  CHECK(std::ranges::any_of(plan.withheld, [&](const RepairStep& step) {
    return step.loses.find(fmt::format("block {}", place)) != std::string::npos &&
           step.lost.others > 0;
  }));
  Activity activity;
  if (!plan.steps.empty())
    must(apply_repair(image.file(), plan, without_consent(), nullptr, activity));
  CHECK(std::ranges::equal(image.payload(place), content));
  image.bytes() = damaged;
  repair_with_loss(image);
}

TEST_CASE("a copy of a block that is in its own place, too, is overwritten without consent") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const auto copy = [&](uint64_t from, uint64_t to) {
    std::ranges::copy(image.block(from), image.block(to).begin());
  };
  SUBCASE("in the bitmap") {
    copy(leaf_of(image, 1), image.start("BMAP"));
  }
  SUBCASE("in the place of the root of the tag tree") {
    copy(image.start("SNAP"), image.start("TAGI") + kTagRoot);
  }
  SUBCASE("in the place of the inode layout") {
    copy(image.start("CODE"), image.start("INOD"));
  }
  check_nothing_lost(image, entries);
}

TEST_CASE("wrong slots in both tables and a directory of two generations need one repair only") {
  EvidenceImage image;
  const StrictEntries entries = entries_in(image);
  const size_t snapshots = image.slot_of("SNAP");
  const auto past_end = [](RegionSlot& slot) { slot.start = 5000; };
  image.slot_in(kPrimaryGroup + 1, snapshots, past_end);
  image.slot_in(kMirrorGroup + 1, snapshots, past_end);
  image.set_generation(kDirectoryStart, 99);
  check_nothing_lost(image, entries);
}

TEST_CASE(
    "a tag index of zeros becomes an empty one, with consent if the slot counts used blocks") {
  ImageBuilder image;
  add_tags(image, 0, 5);
  const uint64_t region = image.start("TAGI");
  const auto set_used = [&](int64_t used) {
    image.slot(image.slot_of("TAGI"), [used](RegionSlot& slot) { slot.used = used; });
  };
  SUBCASE("unwritten") {
    image.wipe(region).wipe(region + kTagRoot);
  }
  SUBCASE("zeros with trailers, while something else is repaired") {
    image.write(region, "TAGI", "").write(region + kTagRoot, "TAGI", "").flip(2, 0);
  }
  const std::vector<uint8_t> damaged = image.bytes();
  set_used(0);
  CHECK(plan_without_consent(image).withheld.empty());
  CHECK(repair_with_loss(image).lost == LostCounts{});

  image.bytes() = damaged;
  const RepairPlan plan = plan_without_consent(image);
  REQUIRE(plan.withheld.size() == 1);
  CHECK(plan.withheld[0].loses.find("used blocks") != std::string::npos);
  std::vector<uint64_t> listed;
  RepairOptions options = kSomeRepair;
  options.lost = [&](const LostEntry& entry) -> Result<void> {
    listed.push_back(entry.block.value_or(0));
    return {};
  };
  Activity activity;
  CHECK(must(plan_repair(image.file(), options, activity)).lost.others == 1);
  CHECK(listed == std::vector{region});
}
