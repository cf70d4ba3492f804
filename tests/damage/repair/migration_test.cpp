// The checkpoint of an interrupted inode migration: a repair clears it only if everything in it
// fits the image, and asks before it clears a block in which inodes may have been.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/repair_image.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// The fields of a checkpoint of 90 bytes and its checksum.
struct Checkpoint {
  uint8_t module = 3;
  int64_t inodes = 8;
  int64_t migrated = 3;
  int64_t new_start = 4000;
  int64_t new_blocks = 32;
  int64_t old_start = 0;   // 0: as the inode table
  int64_t old_blocks = 0;  // 0: as the inode table
  uint8_t phase = 1;
  bool right_checksum = true;
};

class MigratedImage : public ImageBuilder {
 public:
  explicit MigratedImage(const Checkpoint& checkpoint = {}, uint64_t blocks = 8192)
      : ImageBuilder({512, blocks, "tags", true}) {
    const auto slot = slots()[slot_of("INOD")];
    first_ = static_cast<uint64_t>(slot.start);
    last_ = static_cast<uint64_t>(slot.start + slot.count - 1);
    write(last_, "MCHK", "01");
    const MutableBytes bytes = payload(last_);
    bytes[16] = checkpoint.module;
    const int64_t numbers[] = {checkpoint.inodes,
                               checkpoint.migrated,
                               checkpoint.new_start,
                               checkpoint.new_blocks,
                               checkpoint.old_start != 0 ? checkpoint.old_start : slot.start,
                               checkpoint.old_blocks != 0 ? checkpoint.old_blocks : slot.count};
    for (size_t i = 0; i < std::size(numbers); ++i) store_le(bytes, 25 + 8 * i, numbers[i]);
    bytes[89] = checkpoint.phase;
    store_le(bytes, 90, checksum(bytes.first(90)) + (checkpoint.right_checksum ? 0U : 1U));
    rehash(last_);
  }
  [[nodiscard]] uint64_t first() const { return first_; }
  [[nodiscard]] uint64_t last() const { return last_; }

 private:
  uint64_t first_ = 0;
  uint64_t last_ = 0;
};

}  // namespace

TEST_CASE("the checkpoint of an interrupted migration says how far it came") {
  MigratedImage image;
  const Verified found = verified(image.file());
  CHECK(found.codes == std::vector<std::string>{"BLCK-004", "INOD-005"});
  REQUIRE(found.findings.size() == 2);
  CHECK(found.findings[1].message ==
        "checkpoint MCHK in block " + std::to_string(image.last()) +
            ": module tags, copying, 3 of 8 inodes copied to blocks 4000 to 4031");
}

TEST_CASE("a table without inodes gets its last block back, and nothing is lost") {
  MigratedImage image;
  const Repaired repaired = repair_and_back(image, without_consent());
  CHECK(repaired.plan.lost.total() == 0);
  CHECK(repaired.left.empty());
  CHECK(all_zero(image.payload(image.last())));
}

TEST_CASE("a table with inodes keeps the checkpoint until a loss is allowed") {
  MigratedImage image;
  image.write(image.first() + 1, "INOD", "07");
  check_needs_consent(image);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.others == 1);
  CHECK(verified(image.file()).codes.empty());
}

TEST_CASE("in a table of two blocks, the checkpoint replaced the first block of inodes") {
  MigratedImage image({.new_start = 400, .new_blocks = 2}, 512);
  REQUIRE(image.last() == image.first() + 1);
  check_needs_consent(image);
}

TEST_CASE("a checkpoint that can be cleared makes no other damage of the table fixable") {
  MigratedImage image;
  image.write(image.first() + 1, "INOD", "07").flip(image.first() + 1, 3);
  const Verified found = verified(image.file());
  CHECK(found.codes == std::vector<std::string>{"BLCK-001", "BLCK-004", "INOD-005"});
  for (const Finding& finding : found.findings) {
    CAPTURE(finding.kind->code);
    CHECK(finding.fixable == (finding.block == image.last()));
  }
}

TEST_CASE("a checkpoint that does not fit the image is left alone") {
  const Checkpoint lies[] = {
      {.migrated = 9},                        // more than there are
      {.migrated = -1},                       //
      {.inodes = INT64_MAX, .migrated = -1},  //
      {.new_start = -1},                      //
      {.new_start = INT64_MAX},               //
      {.new_blocks = INT64_MAX},              //
      {.new_blocks = 0},                      //
      {.new_start = 10},                      // over the bitmap
      {.new_start = 8191},                    // ends after the volume
      {.old_start = 20},                      // another table
      {.old_blocks = 5},                      //
      {.phase = 2},                           // the tables were being swapped
      {.phase = 3},                           //
      {.phase = 4},                           //
      {.phase = 255},                         //
      {.right_checksum = false},
  };
  for (const Checkpoint& lie : lies) {
    MigratedImage image(lie);
    const std::vector<uint8_t> before = image.bytes();
    Activity activity;
    const RepairPlan plan = must(plan_repair(image.file(), kSomeRepair, activity));
    CHECK(plan.steps.empty());
    CHECK_FALSE(plan.notes.empty());
    CHECK(plan.left.size() == 2);
    CHECK(image.bytes() == before);
  }
}
