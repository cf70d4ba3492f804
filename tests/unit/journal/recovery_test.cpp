#include "journal/recovery.h"

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/image_state.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

// An image with live records: a new data block, and a change of it.
struct CrashedImage {
  explicit CrashedImage(const std::function<void(ImageBuilder&)>& prepare = [](ImageBuilder&) {})
      : image({4096, 256, kAllModules}) {
    prepare(image);
    const auto volume = open_volume(image.file());
    run = commit_data(*volume, 1, 1);
    commit_change(*volume, run, 2);
  }

  // Recovery must refuse, and change nothing.
  void check_refused(std::string_view why) {
    const std::vector<uint8_t> before = image.bytes();
    const auto volume = try_open_volume(image.file(), kSomeOptions);
    REQUIRE_FALSE(volume.has_value());
    CHECK(volume.error().code == ErrorCode::kDamaged);
    CHECK_MESSAGE(volume.error().message.find(why) != std::string::npos, volume.error().message);
    CHECK(committed_view(image.file()).error().code == ErrorCode::kDamaged);
    CHECK(image.bytes() == before);
  }
  void check_recovers() {
    const uint64_t state = must(state_digest(image.file()));
    CHECK(describe_trouble(image.file(), std::array{state}) == "");
    CHECK(image.block(run.begin)[0] == 2);
  }

  ImageBuilder image;
  BlockRange run;
};

constexpr std::string_view kAnother = "another program changed the image";

}  // namespace

TEST_CASE("live commits are written back, and repeating it changes nothing") {
  CrashedImage crashed;
  crashed.check_recovers();
  const std::vector<uint8_t> once = crashed.image.bytes();
  static_cast<void>(open_volume(crashed.image.file()));
  CHECK(crashed.image.bytes() == once);
}

TEST_CASE("a torn home location is replaced") {
  CrashedImage crashed;
  const MutableBytes target = crashed.image.block(crashed.run.begin);
  std::fill(target.begin(), target.begin() + 256, uint8_t{0xE7});
  crashed.check_recovers();
}

TEST_CASE("a home location that another program wrote is not overwritten") {
  CrashedImage crashed;
  crashed.image.write(crashed.run.begin, "DATA", "0102");
  crashed.check_refused(kAnother);
}

TEST_CASE("a bitmap that another program changed is not overwritten") {
  CrashedImage crashed;
  const uint64_t bitmap = crashed.image.start("BMAP");
  crashed.image.flip(bitmap, 20).rehash(bitmap);
  crashed.check_refused(kAnother);
}

TEST_CASE("a superblock that another program changed is not overwritten") {
  CrashedImage crashed;
  crashed.image.superblock([](Superblock& superblock) { superblock.policy_version = 9; });
  crashed.check_refused(kAnother);
}

TEST_CASE("one group that another program changed is enough to refuse") {
  for (const uint64_t group : {0u, 4u}) {
    CrashedImage crashed;
    crashed.image.superblock_of(group,
                                [](Superblock& superblock) { superblock.policy_version = 9; });
    crashed.check_refused(kAnother);
  }
}

TEST_CASE("a header rewritten by another program is refused while the last block has its mark") {
  CrashedImage crashed;
  const uint64_t header = crashed.image.start("MWAL");
  crashed.image.patch(header, 96, std::string(80, '0')).rehash(header);
  crashed.check_refused("another program wrote the journal's header");
}

TEST_CASE("a header of torn bytes does not hide the records") {
  CrashedImage crashed;
  const uint64_t header = crashed.image.start("MWAL");
  for (size_t i = 0; i < 512; ++i) crashed.image.block(header)[i] = static_cast<uint8_t>(i * 7 + 1);
  crashed.check_recovers();
}

TEST_CASE("an abandoned commit stays abandoned, even if its missing part appears later") {
  ImageBuilder image({4096, 256, kAllModules});
  const uint64_t before = must(state_digest(image.file()));
  commit_data(*open_volume(image.file()), 1, 1);
  const uint64_t header = image.start("MWAL");
  // A crash cut the record short; the next session abandons it.
  image.flip(header + 1, 300);
  static_cast<void>(open_volume(image.file()));
  // A later record overwrote exactly the missing sectors; a later header was torn.
  image.flip(header + 1, 300).flip(header, 100).flip(header, 500);
  CHECK(describe_trouble(image.file(), std::array{before}) == "");
}

TEST_CASE("a lost record is an error as long as a later one exists") {
  CrashedImage crashed;
  crashed.image.flip(crashed.image.start("MWAL") + 1, 30);
  crashed.check_refused("a commit is lost");
}

TEST_CASE("torn or lost groups are rebuilt from the records") {
  for (const uint64_t block : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
    CrashedImage crashed;
    crashed.image.flip(block, 40);
    CAPTURE(block);
    crashed.check_recovers();
  }
}

TEST_CASE("slots that no record changes are those of the groups, not of the directory") {
  CrashedImage crashed;
  crashed.image.slot_in(kDirectoryStart, 4, [](RegionSlot& slot) { slot.count += 1; });
  const Probe probe = must(probe_to_judge(crashed.image.file()));
  REQUIRE(probe.directory.whole);
  const RecoveryPlan plan = must(plan_recovery(BlockIo(crashed.image.file(), 4096), probe));
  REQUIRE(plan.group.has_value());
  CHECK(plan.group->slots == decode_slots(probe.primary.blocks[1].payload()));
}

TEST_CASE("recovery needs an intact group") {
  CrashedImage crashed;
  crashed.image.flip(1, 40).flip(5, 40);
  crashed.check_refused("no superblock group is intact");
}

TEST_CASE("bytes of a group outside of known fields do not look like another program's") {
  CrashedImage crashed([](ImageBuilder& image) {
    for (const uint64_t table : {1u, 5u}) image.patch(table, 127 * 32 + 3, "abcdef").rehash(table);
  });
  crashed.check_recovers();
}

TEST_CASE("the epoch rises with every recovery and every checkpoint") {
  CrashedImage crashed;
  const auto epoch = [&] {
    const Probe probe = must(probe_to_judge(crashed.image.file()));
    return must(plan_recovery(BlockIo(crashed.image.file(), 4096), probe)).epoch;
  };
  CHECK(epoch() == 1);
  {
    const auto volume = open_volume(crashed.image.file());
    CHECK(epoch() == 2);
    commit_change(*volume, crashed.run, 3);
    CHECK(epoch() == 2);
    must(volume->close());
    CHECK(epoch() == 3);
  }
  static_cast<void>(open_volume(crashed.image.file()));
  CHECK(epoch() == 3);
}

TEST_CASE("an obsolete mark in the last block is removed by the next writer") {
  CrashedImage crashed;
  const uint64_t last = crashed.image.start("MWAL") + 63;
  const std::vector<uint8_t> marked(crashed.image.block(last).begin(),
                                    crashed.image.block(last).end());
  static_cast<void>(open_volume(crashed.image.file()));
  std::copy(marked.begin(), marked.end(), crashed.image.block(last).begin());
  static_cast<void>(open_volume(crashed.image.file()));
  CHECK(all_zero(crashed.image.payload(last)));
}

TEST_CASE("records of an emptied journal are never replayed over later changes") {
  ImageBuilder image({512, 256, kAllModules});
  BlockRange run;
  {
    const auto volume = open_volume(image.file());
    run = commit_data(*volume, 1, 1);
    commit_change(*volume, run, 2);
    must(volume->close());
    commit_change(*volume, run, 3);
    must(volume->close());
  }
  const uint64_t state = must(state_digest(image.file()));
  // The header is torn: the epoch is unknown, and the first block holds an intact old record.
  image.flip(image.start("MWAL"), 100).flip(image.start("MWAL"), 200);
  CHECK(describe_trouble(image.file(), std::array{state}) == "");
}
