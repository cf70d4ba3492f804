#include "journal/record_scan.h"

#include <doctest/doctest.h>

#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

// An image with three commits of one block in its journal: records of two blocks each, or of three
// if the bitmap changes.
struct Crashed {
  explicit Crashed(uint8_t commits = 3) : image({4096, 256, kAllModules}) {
    const auto volume = open_volume(image.file());
    run = commit_data(*volume, 1, 1);
    for (uint8_t i = 2; i <= commits; ++i) commit_change(*volume, run, i);
    const RegionSlot slot = volume->journal().regions().raw_slots()[image.slot_of("MWAL")];
    area.region = {static_cast<uint64_t>(slot.start),
                   static_cast<uint64_t>(slot.start + slot.count)};
    probe = must(probe_to_judge(image.file()));
  }

  [[nodiscard]] Result<RecordScan> scan(uint64_t epoch = 1) {
    return scan_records(BlockIo(image.file(), 4096), area, probe, epoch);
  }

  ImageBuilder image;
  BlockRange run;
  JournalArea area;
  Probe probe;
};

}  // namespace

TEST_CASE(
    "records are returned in order, each with its predecessor's checksum and its after-images") {
  Crashed crashed;
  const uint64_t first = crashed.area.records().begin;
  const RecordScan scan = must(crashed.scan());
  REQUIRE(scan.records.size() == 3);
  CHECK(scan.records[0].record.head.previous == 0);
  CHECK(scan.records[1].record.head.previous == scan.records[0].record.head.checksum);
  CHECK(scan.records[2].record.head.previous == scan.records[1].record.head.checksum);
  for (uint32_t i = 0; i < 3; ++i) CHECK(scan.records[i].record.head.index == i + 1);
  // The bitmap, followed by the data block.
  CHECK(scan.records[0].places == std::vector<uint64_t>{first + 1, first + 2});
  CHECK(scan.records[1].places == std::vector<uint64_t>{first + 4});
  CHECK(scan.records[2].places == std::vector<uint64_t>{first + 6});
  CHECK(scan.records[2].record.entries[0].target == crashed.run.begin);
  CHECK(scan.records[2].record.entries[0].before == scan.records[1].record.entries[0].after);
}

TEST_CASE("records of another epoch or of another volume are ignored") {
  Crashed crashed;
  CHECK(must(crashed.scan(2)).records.empty());
  crashed.probe.superblock.uuid = Guid{};
  CHECK(must(crashed.scan()).records.empty());
}

TEST_CASE("a damaged last record counts as unfinished") {
  for (const uint64_t block : {5u, 6u}) {
    Crashed crashed;
    crashed.image.flip(crashed.area.records().begin + block, 50);
    CHECK(must(crashed.scan()).records.size() == 2);
  }
}

TEST_CASE("a damaged record before an intact one is an error that names the block") {
  for (const uint64_t block : {0u, 1u, 2u, 3u, 4u}) {
    Crashed crashed;
    CAPTURE(block);
    const uint64_t first = crashed.area.records().begin;
    crashed.image.flip(first + block, 50);
    const auto scan = crashed.scan(1);
    REQUIRE_FALSE(scan.has_value());
    CHECK(scan.error().code == ErrorCode::kDamaged);
    CHECK(scan.error().block == (block < 3 ? first : first + 3));
  }
}

TEST_CASE("a block that cannot be read is an error, not the end") {
  Crashed crashed;
  FailingFile file(crashed.image.file());
  for (uint64_t nth = 1; nth <= 7; ++nth) {
    file.arm(Failure{FileCall::kRead, nth, false, ErrorCode::kIo, false});
    const auto scan = scan_records(BlockIo(file, 4096), crashed.area, crashed.probe, 1);
    REQUIRE_FALSE(scan.has_value());
    CHECK(scan.error().code == ErrorCode::kIo);
  }
}
