// StrictEntries in damaged blocks of a table are kept one by one if something outside of the block
// proves them; impossible entries in valid blocks are corrected or set aside.
#include <doctest/doctest.h>

#include <algorithm>

#include "damage/repair/evidence_image.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "support/repair_image.h"
#include "support/strict_entries.h"

using namespace vde;
using namespace vde::test;

namespace {

std::vector<SnapshotEntry> entries_of(ImageBuilder& image, uint64_t block) {
  return must(decode_snapshot_block(image.payload(block), block == image.start("SNAP"), INT32_MAX));
}

// The offset of entry `n` of a block that has no header.
size_t offset_of(ImageBuilder& image, uint64_t block, size_t n) {
  size_t at = 0;
  const auto entries = entries_of(image, block);
  for (size_t i = 0; i < n; ++i) at += encoded_size(entries[i]);
  return at;
}

}  // namespace

TEST_CASE("a module that is damaged does not cost the other modules of its block") {
  EvidenceImage image;
  const std::vector<Module> before = modules_in(image.file());
  const uint64_t block = image.start("CODE") + 1;
  const auto modules = must(decode_module_block(image.payload(block), false, INT32_MAX));
  REQUIRE(modules.size() > 3);
  size_t lost = 0;
  SUBCASE("its hash") {
    lost = 2;
    image.patch(block, encoded_size(modules[0]) + encoded_size(modules[1]) + 4, "a5");
  }
  SUBCASE("the length of its entry point: the next entry is found") {
    image.patch(block, 74, "7f");
  }
  SUBCASE("the length of its entry point is impossible: the next entry is found") {
    image.patch(block, 74, "ffff");
  }
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.modules == 1);
  // Nothing proves the ids of the others, nor their times.
  CHECK(repaired.plan.lost.others == modules.size() - 1);
  std::vector<Module> after = before;
  std::erase_if(after, [&](const Module& module) { return module.hash == modules[lost].hash; });
  CHECK(modules_in(image.file()) == after);
}

TEST_CASE("a snapshot in a damaged block is kept if a child names it and the times are in order") {
  EvidenceImage image;
  const std::vector<Snapshot> before = snapshots_in(image.file());
  const uint64_t block = image.start("SNAP") + 2;
  const auto entries = entries_of(image, block);
  REQUIRE(entries.size() == 7);
  const size_t at = offset_of(image, block, 3);
  std::vector<Guid> gone = {entries[3].id};
  SUBCASE("the id of one is damaged: nothing proves the parent of its child") {
    gone.push_back(entries[4].id);
    image.patch(block, at + 2, "a5a5");
  }
  SUBCASE("the parent of one is damaged: nothing else names that parent") {
    gone.push_back(entries[2].id);
    image.patch(block, at + 16 + 2, "a5a5");
  }
  SUBCASE("the time of one is damaged: it is younger than its child") {
    gone.push_back(entries[4].id);
    image.patch(block, at + 32 + 5, "a5");
  }
  SUBCASE("the length of a label is damaged") {
    image.patch(block, at + 66, "0500");
  }
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.snapshots == gone.size());
  std::vector<Guid> left;
  for (const Snapshot& snapshot : snapshots_in(image.file())) left.push_back(snapshot.id);
  std::vector<Guid> expected;
  for (const Snapshot& snapshot : before)
    if (std::ranges::find(gone, snapshot.id) == gone.end()) expected.push_back(snapshot.id);
  CHECK(left == expected);
  // Of each that is kept the list says what is unverified.
  CHECK(std::ranges::count_if(repaired.lost.lines(), [&](const LostLine& line) {
          return line.block == block && line.kind == LostKind::kOther && line.has_content;
        }) == static_cast<ptrdiff_t>(7 - gone.size()));
}

TEST_CASE("a run of equal bytes in a damaged block is not a snapshot that names itself") {
  EvidenceImage image;
  const std::vector<Snapshot> before = snapshots_in(image.file());
  // An id and a parent, equal, and a time; everything after it is zero.
  image.patch(image.start("SNAP") + 20, 0, std::string(2 * 35, 'f'));
  repair_and_back(image);
  CHECK(snapshots_in(image.file()) == before);
}

TEST_CASE("what reads as a proven snapshot in a valid block of another structure is not one") {
  EvidenceImage image;
  const uint64_t block = image.start("SNAP") + 2;
  const auto entries = entries_of(image, block);
  REQUIRE(offset_of(image, block, entries.size()) < image.payload(block).size());
  // The entries begin one byte later, so the block is none of the table.
  const MutableBytes payload = image.payload(block);
  std::copy_backward(payload.begin(), payload.end() - 1, payload.end());
  payload[0] = 0x5a;
  image.set_tag(block, "TAGI").rehash(block);
  repair_and_back(image);
  for (const Snapshot& snapshot : snapshots_in(image.file()))
    CHECK(std::ranges::none_of(
        entries, [&](const SnapshotEntry& entry) { return entry.id == snapshot.id; }));
}

TEST_CASE("padding in a damaged block is not a loss") {
  EvidenceImage image;
  const std::vector<Snapshot> before = snapshots_in(image.file());
  const uint64_t table = image.start("SNAP");
  const auto entries = entries_of(image, table + 2);
  // Its snapshots become padding; nothing names them, except the next one.
  image.patch(table + 2, 0, std::string(2 * 496, 'f'));
  repair_and_back(image);
  const std::vector<Snapshot> left = snapshots_in(image.file());
  REQUIRE(left.size() == before.size() - entries.size());
  image.patch(table + 2, 0, "a5");
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.total() == 0);
  CHECK(snapshots_in(image.file()) == left);
}

TEST_CASE("without consent, a block with proven and lost entries stays as it is") {
  EvidenceImage image;
  const uint64_t block = image.start("SNAP") + 2;
  image.patch(block, 2, "a5a5");
  check_needs_consent(image);
}

TEST_CASE("damage after the last snapshot of a block costs nothing: the checksum proves the rest") {
  EvidenceImage image;
  const std::vector<Snapshot> before = snapshots_in(image.file());
  uint64_t last = image.start("SNAP");
  while (!all_zero(image.payload(last + 1))) ++last;
  image.patch(last, 490, "a5a5a5");
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.total() == 0);
  CHECK(snapshots_in(image.file()) == before);
}

TEST_CASE(
    "a valid block of another structure in a damaged table proves no entry and needs consent") {
  EvidenceImage image;
  const std::vector<Module> before = modules_in(image.file());
  const uint64_t table = image.start("CODE");
  const uint64_t leaf = leaf_of(image, 1);
  const uint64_t place = table + 20;
  image.patch(table, 490, "a5a5a5");
  std::ranges::swap_ranges(image.block(leaf), image.block(place));
  const RepairOptions options = without_consent();
  Activity activity;
  const std::vector<uint8_t> damaged = image.bytes();
  const RepairPlan plan = must(plan_repair(image.file(), options, activity));
  if (!plan.steps.empty()) must(apply_repair(image.file(), plan, options, nullptr, activity));
  CHECK(std::ranges::equal(image.block(place),
                           Bytes(damaged).subspan(place * image.block_size(), image.block_size())));
  image.bytes() = damaged;
  const Repaired repaired = repair_and_back(image);
  CHECK(modules_in(image.file()) == before);
  CHECK(std::ranges::any_of(repaired.lost.lines(), [&](const LostLine& line) {
    return line.block == place && line.kind == LostKind::kOther && line.count == 1;
  }));
}

TEST_CASE("an impossible entry is corrected without consent where the rest gives one answer") {
  EvidenceImage image;
  const std::vector<Snapshot> snapshots = snapshots_in(image.file());
  const std::vector<Module> modules = modules_in(image.file());
  const uint64_t table = image.start("SNAP") + 1;
  const size_t at = offset_of(image, table, 4);
  const uint64_t code = image.start("CODE") + 1;
  SUBCASE("the length of a label over the limit") {
    image.patch(table, at + 66, "4100").rehash(table);
  }
  SUBCASE("no id") {
    image.patch(table, at, std::string(32, '0')).rehash(table);
  }
  SUBCASE("an inode table outside the volume") {
    image.patch(table, at + 40, "ffffffffffff").rehash(table);
  }
  SUBCASE("a module without a hash") {
    image.patch(code, 0, std::string(64, '0')).rehash(code);
  }
  SUBCASE("a module's number of blocks") {
    image.patch(code, 56, "7f").rehash(code);
  }
  SUBCASE("the length of an entry point over the limit") {
    image.patch(code, 74, "ffff").rehash(code);
  }
  SUBCASE("a snapshot twice") {
    const auto entries = entries_of(image, table);
    uint64_t last = table;
    while (!all_zero(image.payload(last + 1))) ++last;
    const auto there = entries_of(image, last);
    REQUIRE(there.size() < 7);
    encode(entries[2], image.payload(last).subspan(offset_of(image, last, there.size())));
    image.rehash(last);
    const uint64_t head = image.start("SNAP");
    edit(image, head, 0, kPackedTableHeaderLayout, [](PackedTableHeader& header) {
      ++header.count;
    }).rehash(head);
  }
  const RepairOptions options = without_consent();
  Activity activity;
  const RepairPlan plan = must(plan_repair(image.file(), options, activity));
  REQUIRE(plan.steps.size() == 1);
  CHECK(plan.withheld.empty());
  must(apply_repair(image.file(), plan, options, nullptr, activity));
  CHECK(must(plan_repair(image.file(), options, activity)).steps.empty());
  CHECK(snapshots_in(image.file()) == snapshots);
  CHECK(modules_in(image.file()) == modules);
}

TEST_CASE("an entry with several impossible fields is corrected in one repair") {
  EvidenceImage image;
  const std::vector<Snapshot> before = snapshots_in(image.file());
  const uint64_t table = image.start("SNAP") + 1;
  const size_t at = offset_of(image, table, 4);
  image.patch(table, at, std::string(32, '0')).patch(table, at + 40, "ffffffffffff").rehash(table);
  RepairOptions options = kSomeRepair;
  options.allow_loss = false;
  CHECK(repair_and_back(image, options).plan.steps.size() == 2);
  CHECK(snapshots_in(image.file()) == before);
}

TEST_CASE("an inode table outside the volume is not corrected to another one outside") {
  EvidenceImage image;
  for (uint64_t block = image.start("SNAP"); !all_zero(image.payload(block)); ++block) {
    size_t at = block == image.start("SNAP") ? kPackedTableHeaderLayout.size() : 0;
    for (const SnapshotEntry& entry : entries_of(image, block)) {
      image.patch(block, at + 40, "ffffffffffff");
      at += encoded_size(entry);
    }
    image.rehash(block);
  }
  check_needs_consent(image);
}

TEST_CASE(
    "a copy of a block is not dropped without consent: the count says that entries are lost") {
  EvidenceImage image;
  const uint64_t table = image.start("SNAP");
  std::ranges::copy(image.block(table + 2), image.block(table + 3).begin());
  check_needs_consent(image);
  CHECK(repair_and_back(image).plan.lost.snapshots == 7);
}

TEST_CASE("two different entries with one id are both set aside, and the rest of the table stays") {
  EvidenceImage image;
  const std::vector<Snapshot> before = snapshots_in(image.file());
  const uint64_t block = image.start("SNAP") + 1;
  const auto entries = entries_of(image, block);
  const size_t at = offset_of(image, block, 4);
  const MutableBytes payload = image.payload(block);
  std::ranges::copy(entries[1].id.bytes, payload.subspan(at).begin());
  image.rehash(block);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.snapshots == 2);
  CHECK(snapshots_in(image.file()).size() == before.size() - 2);
  const auto is_entry = [](const LostLine& line) { return line.kind == LostKind::kSnapshot; };
  CHECK(std::ranges::count_if(repaired.lost.lines(), is_entry) == 2);
  for (const LostLine& line : repaired.lost.lines()) {
    if (!is_entry(line)) continue;
    CHECK(line.id == entries[1].id);
    CHECK(line.bytes.size() == encoded_size(entries[1]));
  }
}
