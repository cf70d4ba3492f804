// Pruning and purging snapshots: chains stay, the table shrinks, and damage is not made worse.
#include <doctest/doctest.h>

#include <set>

#include "region/packed_editor.h"
#include "snapshot_look.h"
#include "support/check_clean.h"
#include "support/vectors.h"
#include "table/snapshot_table.h"
#include "vde/snapshots.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr int64_t kInodeTable = 11;  // in ImageBuilder's images of 256 blocks
constexpr uint16_t kDeleted = 2;

Guid numbered(uint8_t number) {
  Guid id;
  id.bytes[0] = number;
  return id;
}

// An entry that is created in second `number`.
SnapshotEntry entry_numbered(uint8_t number, uint8_t parent, uint16_t flags = 0) {
  SnapshotEntry entry;
  entry.id = numbered(number);
  if (parent != 0) entry.parent = numbered(parent);
  entry.created = at_second(number).now;
  entry.inode_table_start = kInodeTable;
  entry.inode_table_blocks = 1;
  entry.flags = flags;
  entry.label = "s" + std::to_string(number);
  return entry;
}

// Puts entries into the table that `create` would refuse.
void add_entries(ImageBuilder& image, const std::vector<SnapshotEntry>& entries) {
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const size_t slot = transaction.regions().find(block_types::kSnapshots)->slot;
  PackedEditor editor =
      must(PackedEditor::open(transaction, volume->allocator(), slot, snapshot_table()));
  for (const SnapshotEntry& entry : entries) {
    std::vector<uint8_t> record(encoded_size(entry));
    encode(entry, record);
    must(editor.append(record));
  }
  must(volume->commit(transaction));
  must(volume->close());
}

std::vector<std::string> labels_of(const std::vector<Snapshot>& snapshots) {
  std::vector<std::string> labels;
  for (const Snapshot& snapshot : snapshots) labels.push_back(snapshot.label);
  return labels;
}

template <class T>
Error purge_error_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error();
}

using Labels = std::vector<std::string>;

// The purge must fail like this, change nothing, and be announced by the reader.
void check_purge_refused(ImageBuilder& image, ErrorCode code, std::string_view word) {
  const std::vector<uint8_t> before = image.bytes();
  const auto announced = open_snapshots(image.file())->purgeable();
  REQUIRE_FALSE(announced.has_value());
  CHECK(announced.error().code == code);
  const auto refused = purge_snapshots(image.file(), at_second(1000));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == code);
  CHECK_MESSAGE(refused.error().message.find(word) != std::string::npos, refused.error().message);
  CHECK(image.bytes() == before);
}

}  // namespace

TEST_CASE("prune deletes what no rule keeps, and the chains of the kept ones stay") {
  ImageBuilder image;
  add_entries(image, {entry_numbered(1, 0), entry_numbered(2, 1), entry_numbered(3, 2),
                      entry_numbered(4, 3)});
  RetentionRules rules{.last = 1};
  rules.labels = {"s2"};
  const auto announced = must(open_snapshots(image.file())->choose(rules));
  const auto choices = must(prune_snapshots(image.file(), rules, at_second(1000)));
  REQUIRE(choices.size() == 4);
  std::vector<std::string> kept;
  for (size_t i = 0; i < choices.size(); ++i) {
    CHECK(choices[i].snapshot == announced[i].snapshot);
    CHECK(choices[i].reasons == announced[i].reasons);
    if (choices[i].is_kept()) kept.push_back(choices[i].snapshot.label);
  }
  CHECK(kept == Labels{"s4", "s2"});
  for (const Snapshot& snapshot : snapshots_in(image.file()))
    CHECK(snapshot.is_deleted() == (snapshot.label != "s4" && snapshot.label != "s2"));
  bool whole = false;
  CHECK(chain_labels(image.file(), numbered(4), &whole) == Labels{"s4", "s3", "s2", "s1"});
  CHECK(whole);
  check_clean(image.file());
}

TEST_CASE("rules that keep none are refused; nothing to delete changes nothing") {
  ImageBuilder image;
  const std::vector<uint8_t> empty = image.bytes();
  CHECK(must(prune_snapshots(image.file(), {.last = 1}, kSomeOptions)).empty());
  CHECK(image.bytes() == empty);
  add_entries(image, {entry_numbered(1, 0), entry_numbered(2, 1, kDeleted)});
  const std::vector<uint8_t> before = image.bytes();
  CHECK(must(prune_snapshots(image.file(), {.daily = 1}, kSomeOptions)).size() == 1);
  CHECK(image.bytes() == before);
  RetentionRules rules;
  rules.labels = {"s2"};  // deleted already
  const auto refused = prune_snapshots(image.file(), rules, kSomeOptions);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kUnsupported);
  CHECK(image.bytes() == before);
}

TEST_CASE("a refused prune leaves the change that it was part of") {
  ImageBuilder image;
  add_entries(image, {entry_numbered(1, 0)});
  Image open = must(open_to_change(image.file(), at_second(1000)));
  Change change = must(open.begin());
  must(change.set_label("kept"));
  RetentionRules rules;
  rules.labels = {"none"};
  CHECK_FALSE(change.snapshots().prune(rules).has_value());
  // What the change itself created counts.
  must(change.snapshots().create(labelled("new")));
  const auto choices = must(change.snapshots().prune({.last = 1}));
  CHECK(choices.size() == 2);
  CHECK(choices[0].snapshot.label == "new");
  CHECK(labels_of(must(change.snapshots().purge())) == Labels{"s1"});
  must(change.commit());
  CHECK(labels_of(snapshots_in(image.file())) == Labels{"new"});
  CHECK(must(read_label(image.file())) == "kept");
  check_clean(image.file());
}

TEST_CASE("purge removes deleted entries without living descendants, and no others") {
  ImageBuilder image;
  // 1 - 2(deleted) - 3 lives on 2; 2 - 4(deleted) - 5(deleted); 6(deleted) - 7(deleted).
  add_entries(image, {entry_numbered(1, 0), entry_numbered(2, 1, kDeleted), entry_numbered(3, 2),
                      entry_numbered(4, 2, kDeleted), entry_numbered(5, 4, kDeleted),
                      entry_numbered(6, 0, kDeleted), entry_numbered(7, 6, kDeleted)});
  CHECK(labels_of(must(open_snapshots(image.file())->purgeable())) ==
        Labels{"s4", "s5", "s6", "s7"});
  const auto purged = must(purge_snapshots(image.file(), at_second(1000)));
  CHECK(labels_of(purged) == Labels{"s4", "s5", "s6", "s7"});
  CHECK(labels_of(snapshots_in(image.file())) == Labels{"s1", "s2", "s3"});
  CHECK(strict_snapshots(image) == snapshots_in(image.file()));
  CHECK(chain_labels(image.file(), numbered(3)) == Labels{"s3", "s2", "s1"});
  check_clean(image.file());
  check_purge_refused(image, ErrorCode::kUnchanged, "purged");
}

TEST_CASE("purging everything leaves an empty table, with all of its blocks zero") {
  ImageBuilder image({512, 400, kAllModules});
  const std::vector<uint8_t> fresh = image.bytes();
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i)
    ids.push_back(to_string(
        must(create_snapshot(image.file(), labelled(std::string(30, 'x')), at_second(i))).id));
  const RegionSlot grown = image.slots()[image.slot_of("SNAP")];
  CHECK(grown.used > 4);
  must(delete_snapshots(image.file(), ids, at_second(50)));
  CHECK(must(purge_snapshots(image.file(), at_second(51))).size() == 40);
  const RegionSlot slot = image.slots()[image.slot_of("SNAP")];
  CHECK(slot.used == 1);
  CHECK(slot.count == grown.count);
  for (int64_t i = 0; i < slot.count; ++i)
    CHECK(all_zero(image.payload(static_cast<uint64_t>(slot.start + i))));
  check_clean(image.file());
  const Snapshot next = must(create_snapshot(image.file(), labelled("next"), at_second(60)));
  CHECK(strict_snapshots(image) == std::vector{next});
}

TEST_CASE("purge keeps the order, and closes every gap at every block size") {
  for (const uint32_t block_size : {512u, 1024u, 4096u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 600, kAllModules});
    std::vector<Snapshot> kept;
    std::vector<std::string> removed;
    for (int i = 0; i < 90; ++i) {
      const std::string label(static_cast<size_t>(i * 29 % 65), 'l');
      const Snapshot made = must(create_snapshot(image.file(), labelled(label), at_second(i)));
      if (i % 3 == 0)
        kept.push_back(made);
      else
        removed.push_back(to_string(made.id));
    }
    // The table of the last entry of a block may come before it, in place of padding.
    std::vector<Snapshot> expected;
    for (const Snapshot& snapshot : snapshots_in(image.file()))
      if (std::find(kept.begin(), kept.end(), snapshot) != kept.end()) expected.push_back(snapshot);
    const int64_t used = image.slots()[image.slot_of("SNAP")].used;
    must(delete_snapshots(image.file(), removed, at_second(100)));
    CHECK(must(purge_snapshots(image.file(), at_second(101))).size() == 60);
    CHECK(snapshots_in(image.file()) == expected);
    CHECK(strict_snapshots(image) == expected);
    const int64_t now = image.slots()[image.slot_of("SNAP")].used;
    CHECK(now <= used / 2);
    check_clean(image.file());
    must(create_snapshot(image.file(), labelled("next"), at_second(102)));
    CHECK(strict_snapshots(image).size() == 31);
    check_clean(image.file());
  }
}

TEST_CASE("purge refuses a table whose chains are broken: nothing says what they need") {
  ImageBuilder image;
  SUBCASE("a living cycle") {
    add_entries(image, {entry_numbered(1, 3), entry_numbered(2, 1, kDeleted), entry_numbered(3, 2),
                        entry_numbered(4, 0, kDeleted)});
    check_purge_refused(image, ErrorCode::kDamaged, "cycle");
  }
  SUBCASE("a snapshot that is its own parent") {
    add_entries(image, {entry_numbered(1, 1), entry_numbered(2, 0, kDeleted)});
    check_purge_refused(image, ErrorCode::kDamaged, "cycle");
  }
  SUBCASE("a deleted cycle below a living snapshot") {
    add_entries(image, {entry_numbered(1, 2, kDeleted), entry_numbered(2, 1, kDeleted),
                        entry_numbered(3, 2), entry_numbered(4, 0, kDeleted)});
    check_purge_refused(image, ErrorCode::kDamaged, "cycle");
  }
  SUBCASE("a parent that does not exist") {
    add_entries(image, {entry_numbered(1, 0, kDeleted), entry_numbered(2, 9)});
    check_purge_refused(image, ErrorCode::kDamaged, to_string(numbered(9)));
  }
  SUBCASE("a missing ancestor of a living snapshot") {
    add_entries(image, {entry_numbered(1, 9, kDeleted), entry_numbered(2, 1),
                        entry_numbered(3, 0, kDeleted)});
    check_purge_refused(image, ErrorCode::kDamaged, to_string(numbered(9)));
  }
  SUBCASE("two entries with one id") {
    for (const uint16_t flags : {uint16_t{0}, kDeleted}) {
      ImageBuilder twice;
      add_entries(twice, {entry_numbered(1, 0), entry_numbered(2, 0, kDeleted),
                          entry_numbered(2, 1, flags)});
      check_purge_refused(twice, ErrorCode::kDamaged, to_string(numbered(2)));
      const std::vector<uint8_t> before = twice.bytes();
      const auto refused = prune_snapshots(twice.file(), {.last = 1}, at_second(1000));
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code == ErrorCode::kDamaged);
      CHECK(twice.bytes() == before);
    }
  }
}

TEST_CASE("damage that only purged entries have goes with them") {
  ImageBuilder image;
  // A deleted cycle, and a deleted entry without its parent.
  add_entries(image, {entry_numbered(1, 0), entry_numbered(2, 3, kDeleted),
                      entry_numbered(3, 2, kDeleted), entry_numbered(4, 9, kDeleted)});
  CHECK(verified(image.file()).complains());
  CHECK(labels_of(must(purge_snapshots(image.file(), at_second(1000)))) ==
        Labels{"s2", "s3", "s4"});
  check_clean(image.file());
}

TEST_CASE("a damaged block of the table is named, and nothing is changed") {
  ImageBuilder sound({512, 256, kAllModules});
  for (int i = 0; i < 20; ++i)
    must(create_snapshot(sound.file(), labelled(std::string(20, 'x')), at_second(i)));
  must(delete_snapshots(sound.file(), std::vector<std::string>{"@latest"}, at_second(50)));
  const uint64_t first = sound.start("SNAP");
  REQUIRE(sound.slots()[sound.slot_of("SNAP")].used == 4);
  for (uint64_t block = first; block < first + 4; ++block) {
    CAPTURE(block);
    for (const bool wiped : {false, true}) {
      ImageBuilder image(sound.bytes(), 512);
      if (wiped)
        image.wipe(block);
      else
        image.flip(block, 60);
      const std::vector<uint8_t> before = image.bytes();
      for (const bool prunes : {false, true}) {
        const Error refused =
            prunes ? purge_error_of(prune_snapshots(image.file(), {.last = 1}, at_second(99)))
                   : purge_error_of(purge_snapshots(image.file(), at_second(99)));
        CHECK(refused.code == ErrorCode::kDamaged);
        CHECK(refused.block.has_value());
        CHECK(refused.hint == kRunRepair);
        CHECK(image.bytes() == before);
      }
    }
  }
}

TEST_CASE("blocks that a purged entry names stay: something else may be there by now") {
  ImageBuilder image;
  const uint64_t data = image.start("DATA");
  for (uint64_t block = data + 10; block < data + 20; ++block) image.data_block(block, 0x33);
  SnapshotEntry purged = entry_numbered(1, 0, kDeleted);
  purged.inode_table_start = static_cast<int64_t>(data) + 10;
  purged.inode_table_blocks = 10;
  add_entries(image, {purged});
  check_clean(image.file());
  const int64_t before = open_volume(image.file())->journal().superblock().free_blocks;
  must(purge_snapshots(image.file(), at_second(1000)));
  const auto volume = open_volume(image.file());
  CHECK(volume->journal().superblock().free_blocks == before);
  Transaction transaction = must(volume->begin());
  CHECK_FALSE(must(volume->allocator().allocate_exactly(transaction, {data + 10, data + 11})));
  CHECK_FALSE(verified(image.file()).complains());
}

TEST_CASE("an image without the module, and a sealed one, are refused") {
  ImageBuilder without({4096, 256, "tags"});
  CHECK(purge_snapshots(without.file(), kSomeOptions).error().code == ErrorCode::kUnsupported);
  ImageBuilder image;
  add_entries(image, {entry_numbered(1, 0), entry_numbered(2, 1, kDeleted)});
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) {
    image.payload(group)[header_seal_offset(4096)] = 0x77;
    image.rehash(group);
  }
  const std::vector<uint8_t> before = image.bytes();
  CHECK(purge_snapshots(image.file(), kSomeOptions).error().code == ErrorCode::kUnsupported);
  CHECK(prune_snapshots(image.file(), {.last = 1}, kSomeOptions).error().code ==
        ErrorCode::kUnsupported);
  CHECK(image.bytes() == before);
  CHECK(must(purge_snapshots(image.file(), {kSomeOptions.now, true})).size() == 1);
  check_clean(image.file());
}

TEST_CASE("samples: pruned to one snapshot and purged, they are clean and the SDK reads them") {
  size_t samples = 0;
  for (const std::string& name : vector_names()) {
    const auto listing = vector_listing(name);
    if (!listing.contains("snapshots") || listing["snapshots"].empty()) continue;
    CAPTURE(name);
    MemoryFile file(vector_image(name));
    if (verified(file).summary.errors > 0) continue;
    ++samples;
    const std::vector<Snapshot> before = snapshots_in(file);
    std::set<Guid> living;
    for (const Snapshot& snapshot : before)
      if (!snapshot.is_deleted()) living.insert(snapshot.id);
    const auto purged = purge_snapshots(file, at_second(1));
    if (!purged) CHECK(purged.error().code == ErrorCode::kUnchanged);
    std::vector<Snapshot> expected = before;
    if (purged)
      for (const Snapshot& gone : *purged) CHECK(std::erase(expected, gone) == 1);
    CHECK(snapshots_in(file) == expected);
    if (living.empty()) continue;
    const Snapshot latest = must(found(file, "@latest"));
    const size_t chain = chain_labels(file, latest.id).size();
    must(prune_snapshots(file, {.last = 1}, at_second(2)));
    static_cast<void>(purge_snapshots(file, at_second(3)));
    const std::vector<Snapshot> left = snapshots_in(file);
    CHECK(left.size() == chain);
    CHECK(chain_labels(file, latest.id).size() == chain);
    CHECK_FALSE(verified(file).complains());
    const StrictReader reader(file.bytes());
    REQUIRE(reader.outcome("SNAP") == Outcome::kReads);
    std::vector<Guid> ids;
    for (const strict::Snapshot& entry : reader.snapshots())
      if (entry.created != 0) ids.push_back(Guid{entry.id});
    REQUIRE(ids.size() == left.size());
    for (size_t i = 0; i < ids.size(); ++i) CHECK(ids[i] == left[i].id);
  }
  CHECK(samples >= 4);
}
