// Snapshot tables with random bytes and valid checksums: reading them returns entries or an error.
// If verify reports no error, another snapshot can be created, and all readers see it.
#include <doctest/doctest.h>

#include "support/allocation_watch.h"
#include "support/effort.h"
#include "support/image_builder.h"
#include "support/random.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"
#include "support/verify_list.h"
#include "vde/snapshots.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Tally {
  int read = 0;     // tables that could be read
  int written = 0;  // tables that took another entry
  int purged = 0;   // tables that lost deleted entries
};

// Twenty snapshots in three blocks of 512 bytes, some of them deleted.
void add_snapshots(ImageBuilder& image) {
  for (int i = 0; i < 20; ++i) {
    SnapshotOptions wish;
    wish.label = std::string(static_cast<size_t>(i * 7 % 65), 'l');
    wish.reproducible = true;
    if (i > 0) wish.parent = "@latest";
    must(create_snapshot(image.file(), wish, {Ticks{1'000'000 + i}, false}));
    if (i % 4 == 3)
      must(delete_snapshots(image.file(), std::vector<std::string>{"@latest"},
                            {Ticks{1'000'000 + i}, false}));
  }
}

class SnapshotFuzzer {
 public:
  explicit SnapshotFuzzer(uint64_t seed) : random_(seed) {
    add_snapshots(image_);
    sound_ = image_.bytes();
  }

  void run(int images) {
    for (int i = 0; i < images; ++i) {
      CAPTURE(i);
      image_.bytes() = sound_;
      taint();
      reset_largest_allocation();
      const auto before = listed();
      look(before.value_or(std::vector<Snapshot>{}));
      const Verified found = verified(image_.file());
      CHECK_FALSE(found.error.has_value());
      CHECK(largest_allocation() < size_t{4} << 20);
      if (before) ++tally.read;
      const std::vector<uint8_t> tainted = image_.bytes();
      purge(before, found.summary.errors > 0);
      image_.bytes() = tainted;
      extend(before, found.summary.errors > 0);
    }
  }

  Tally tally;

 private:
  uint64_t below(uint64_t limit) { return random_.below(limit); }

  // Changes a few bytes of the table; in half of the cases in lengths, counts and flags.
  void taint() {
    const uint64_t start = image_.start("SNAP");
    for (uint64_t changes = 1 + below(3); changes > 0; --changes) {
      const uint64_t block = start + below(4);
      const MutableBytes payload = image_.payload(block);
      size_t at = below(payload.size());
      if (below(2) == 0) at = block == start ? below(8) : 60 + below(12);
      payload[at] = below(2) == 0 ? static_cast<uint8_t>(random_.next())
                                  : static_cast<uint8_t>(payload[at] + 1 - 2 * below(2));
      image_.rehash(block);
    }
    if (below(3) != 0) return;
    const int64_t used = static_cast<int64_t>(below(7)) - 1;
    image_.slot(image_.slot_of("SNAP"), [&](RegionSlot& slot) { slot.used = used; });
  }

  std::optional<std::vector<Snapshot>> listed() {
    const auto reader = try_open_snapshots(image_.file());
    REQUIRE(reader.has_value());
    std::vector<Snapshot> all;
    const auto read = (*reader)->list([&](const Snapshot& snapshot) {
      all.push_back(snapshot);
      return true;
    });
    if (!read) {
      CHECK(read.error().code == ErrorCode::kDamaged);
      return std::nullopt;
    }
    return all;
  }

  void look(const std::vector<Snapshot>& all) {
    const auto reader = open_snapshots(image_.file());
    static_cast<void>(reader->find("@latest"));
    static_cast<void>(reader->find("llll"));
    for (const Snapshot& snapshot : all) {
      size_t length = 0;
      static_cast<void>(reader->chain(snapshot.id, [&](const Snapshot&) {
        ++length;
        return true;
      }));
      CHECK(length >= 1);
      CHECK(length <= all.size());
    }
  }

  // Nothing but the purged entries is lost, whatever the table holds.
  void purge(const std::optional<std::vector<Snapshot>>& before, bool is_damaged) {
    const std::vector<uint8_t> bytes = image_.bytes();
    const auto removed = purge_snapshots(image_.file(), {Ticks{5'000'000}, false});
    if (!removed) {
      CHECK((is_damaged || removed.error().code == ErrorCode::kUnchanged));
      CHECK_MESSAGE(image_.bytes() == bytes, removed.error().message);
      return;
    }
    REQUIRE(before.has_value());
    ++tally.purged;
    const auto after = listed();
    REQUIRE(after.has_value());
    std::vector<Snapshot> expected = *before;
    for (const Snapshot& snapshot : *removed) {
      CHECK(snapshot.is_deleted());
      CHECK(std::erase(expected, snapshot) == 1);
    }
    CHECK(*after == expected);
    if (is_damaged) return;
    CHECK(verified(image_.file()).summary.errors == 0);
    CHECK(StrictReader(image_.bytes()).outcome("SNAP") == Outcome::kReads);
  }

  void extend(const std::optional<std::vector<Snapshot>>& before, bool is_damaged) {
    const std::vector<uint8_t> bytes = image_.bytes();
    SnapshotOptions wish;
    wish.label = "added";
    wish.reproducible = true;
    const auto made = create_snapshot(image_.file(), wish, {Ticks{5'000'000}, false});
    if (!made) {
      CHECK(is_damaged);
      CHECK_MESSAGE(image_.bytes() == bytes, made.error().message);
      return;
    }
    // A writer does not read the whole table: errors elsewhere are found only by verify.
    if (is_damaged) return;
    REQUIRE(before.has_value());
    ++tally.written;
    auto after = listed();
    REQUIRE(after.has_value());
    CHECK(after->size() == before->size() + 1);
    CHECK(std::erase(*after, *made) == 1);
    CHECK(*after == *before);
    CHECK(StrictReader(image_.bytes()).outcome("SNAP") == Outcome::kReads);
  }

  ImageBuilder image_{{512, 256, "snapshot"}};
  Random random_;
  std::vector<uint8_t> sound_;
};

}  // namespace

TEST_CASE("random snapshot tables are read or rejected, and never made worse") {
  const int images = static_cast<int>(scaled(3000));
  SnapshotFuzzer fuzzer(20261121);
  fuzzer.run(images);
  CHECK(fuzzer.tally.read > images / 10);
  CHECK(fuzzer.tally.written > images / 20);
  CHECK(fuzzer.tally.purged > images / 10);
  MESSAGE(fuzzer.tally.read, " read, ", fuzzer.tally.written, " written");
}
