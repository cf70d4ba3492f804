#include "journal/group_damage.h"

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint32_t kBlock = 512;
constexpr BlockRange kPrimary{kPrimaryGroup, kPrimaryGroup + kGroupBlocks};
constexpr BlockRange kMirror{kMirrorGroup, kMirrorGroup + kGroupBlocks};

std::optional<GroupDamage> damage_in(BlockFile& file) {
  const Probe probe = must(probe_to_judge(file));
  return unexplained_damage(probe, must(plan_recovery(BlockIo(file, probe.block_size), probe)));
}

void check_unexplained(BlockFile& file, BlockRange group, bool is_intact) {
  const auto damage = damage_in(file);
  REQUIRE(damage.has_value());
  CHECK(damage->blocks == group);
  CHECK(damage->is_intact == is_intact);
}

// An image with a commit that waits in the journal.
struct WaitingImage {
  WaitingImage() : image({kBlock, 256, kAllModules}) {
    const auto volume = open_volume(image.file());
    commit_data(*volume, 1, 1);
  }
  // Writes what a write-back of the commit writes to a group.
  void write_back(uint64_t group) {
    const Probe probe = must(probe_to_judge(image.file()));
    const RecoveryPlan plan = must(plan_recovery(BlockIo(image.file(), kBlock), probe));
    must(image.file().write(group * kBlock, encode_group(plan.group.value(), kBlock)));
  }

  ImageBuilder image;
};

}  // namespace

TEST_CASE("equal groups need no explanation, with and without waiting commits") {
  ImageBuilder image({kBlock, 256, kAllModules});
  CHECK_FALSE(damage_in(image.file()).has_value());
  CHECK_FALSE(damage_in(WaitingImage().image.file()).has_value());
}

TEST_CASE("without waiting commits, no crash explains a damaged or an older group") {
  for (uint64_t block = 0; block < kDirectoryStart; ++block) {
    CAPTURE(block);
    ImageBuilder image({kBlock, 256, kAllModules});
    image.flip(block, 100);
    check_unexplained(image.file(), block < kMirrorGroup ? kPrimary : kMirror, false);
  }
  ImageBuilder image({kBlock, 256, kAllModules});
  const std::vector<uint8_t> old(image.bytes().begin(), image.bytes().begin() + 8 * kBlock);
  must(set_label(image.file(), "newer", kSomeOptions));
  for (const uint64_t start : {kPrimaryGroup, kMirrorGroup}) {
    const BlockRange group{start, start + kGroupBlocks};
    const std::vector<uint8_t> now = image.bytes();
    must(image.file().write(group.begin * kBlock,
                            Bytes(old).subspan(group.begin * kBlock, kGroupBlocks * kBlock)));
    check_unexplained(image.file(), group, true);
    image.bytes() = now;
  }
}

TEST_CASE("the last record explains the group that its write-back writes, torn or complete") {
  WaitingImage torn;
  torn.image.flip(2, 100);
  CHECK_FALSE(damage_in(torn.image.file()).has_value());

  WaitingImage written;
  written.write_back(kPrimaryGroup);
  CHECK_FALSE(damage_in(written.image.file()).has_value());
  written.image.flip(6, 100);
  CHECK_FALSE(damage_in(written.image.file()).has_value());
}

TEST_CASE("it does not explain a group that its write-back has not reached, or has completed") {
  WaitingImage mirror;
  mirror.image.flip(6, 100);
  check_unexplained(mirror.image.file(), kMirror, false);

  WaitingImage primary;
  primary.write_back(kPrimaryGroup);
  primary.write_back(kMirrorGroup);
  CHECK_FALSE(damage_in(primary.image.file()).has_value());
  primary.image.flip(2, 100);
  check_unexplained(primary.image.file(), kPrimary, false);

  // The write of the primary group was lost.
  WaitingImage lost;
  lost.write_back(kMirrorGroup);
  check_unexplained(lost.image.file(), kPrimary, true);
}
