#include "region/placement.h"

#include <doctest/doctest.h>

#include "support/check_clean.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

size_t slot_of(const std::vector<RegionSlot>& slots, std::string_view tag) {
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i].is_free() && slots[i].type == make_block_type(tag)) return i;
  FAIL("no region ", std::string(tag));
  return 0;
}

BlockRange place_of(const std::vector<RegionSlot>& slots, std::string_view tag) {
  const RegionSlot& slot = slots[slot_of(slots, tag)];
  return {static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)};
}

// Grows the region of type `tag` to `count` blocks in a separate session.
Result<void> grow(BlockFile& file, std::string_view tag, uint64_t count, SpareKind spare) {
  const auto volume = open_volume(file);
  Transaction transaction = must(volume->begin());
  const size_t slot = slot_of(transaction.regions().raw_slots(), tag);
  VDE_TRY(grow_region(transaction, volume->allocator(), slot, count, spare));
  must(volume->commit(transaction));
  return volume->close();
}

std::vector<RegionSlot> slots_of(BlockFile& file) {
  return must(probe_to_judge(file)).slots;
}

}  // namespace

TEST_CASE("a region with free blocks after it grows in place, into the data area") {
  ImageBuilder image({4096, 256, kAllModules});
  const BlockRange snap = place_of(image.slots(), "SNAP");
  const BlockRange data = place_of(image.slots(), "DATA");
  REQUIRE(snap.end == data.begin);
  must(grow(image.file(), "SNAP", 9, SpareKind::kZeroed));
  CHECK(place_of(image.slots(), "SNAP") == BlockRange{snap.begin, snap.begin + 9});
  CHECK(place_of(image.slots(), "DATA") == BlockRange{snap.begin + 9, data.end});
  for (uint64_t n = snap.end; n < snap.begin + 9; ++n) {
    CHECK(image.trailer(n).type == block_types::kSnapshots);
    CHECK(all_zero(image.payload(n)));
  }
  check_clean(image.file());
}

TEST_CASE("a region without free blocks after it moves into the data area with its content") {
  ImageBuilder image({4096, 256, kAllModules});
  const BlockRange old = place_of(image.slots(), "CODE");
  const BlockRange data = place_of(image.slots(), "DATA");
  must(grow(image.file(), "CODE", 6, SpareKind::kZeroed));
  const BlockRange now = place_of(image.slots(), "CODE");
  CHECK(now == BlockRange{data.begin, data.begin + 6});
  CHECK(place_of(image.slots(), "DATA") == BlockRange{now.end, data.end});
  check_clean(image.file());

  // The old place is free: the next region goes there, or around it.
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  CHECK(must(volume->allocator().allocate(transaction, old.count(), old.begin)) == old);
}

TEST_CASE("no two regions overlap after any of many growths, and the counts stay right") {
  ImageBuilder image({512, 700, kAllModules});
  uint64_t count = 5;
  for (int round = 0; round < 4; ++round)
    for (const std::string_view tag : {"TAGI", "SNAP", "CODE", "MTRK", "INOD", "BMAP"}) {
      CAPTURE(std::string(tag));
      must(grow(image.file(), tag, count++,
                tag == "INOD" || tag == "BMAP" ? SpareKind::kUnwritten : SpareKind::kZeroed));
      check_clean(image.file());
      CHECK(slots_of(image.file()) == image.slots());
    }
}

TEST_CASE("regions that grow within one transaction do not overlap") {
  ImageBuilder image({512, 700, kAllModules});
  {
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    for (const std::string_view tag : {"TAGI", "SNAP", "TAGI", "CODE", "BMAP", "SNAP"}) {
      const size_t slot = slot_of(transaction.regions().raw_slots(), tag);
      const auto count = static_cast<uint64_t>(transaction.regions().raw_slots()[slot].count);
      must(grow_region(transaction, volume->allocator(), slot, count * 2,
                       tag == "BMAP" ? SpareKind::kUnwritten : SpareKind::kZeroed));
    }
    must(volume->commit(transaction));
    must(volume->close());
  }
  check_clean(image.file());
}

TEST_CASE("what is staged for a region moves with it") {
  ImageBuilder image({512, 700, kAllModules});
  {
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    const BlockRange code = place_of(transaction.regions().raw_slots(), "CODE");
    must(transaction.edit(code.begin + 2, block_types::kCode))[10] = 0x77;
    const size_t slot = slot_of(transaction.regions().raw_slots(), "CODE");
    must(grow_region(transaction, volume->allocator(), slot, 9, SpareKind::kZeroed));
    const BlockRange now = place_of(transaction.regions().raw_slots(), "CODE");
    REQUIRE(now.begin != code.begin);
    CHECK(must(transaction.read(now.begin + 2, block_types::kCode))[10] == 0x77);
    must(volume->commit(transaction));
    must(volume->close());
  }
  const BlockRange now = place_of(image.slots(), "CODE");
  CHECK(image.payload(now.begin + 2)[10] == 0x77);
}

TEST_CASE("a lack of space is a clean error, and nothing is changed") {
  ImageBuilder image({512, 256, kAllModules});
  const std::vector<uint8_t> before = image.bytes();
  for (const std::string_view tag : {"TAGI", "SNAP"}) {
    const auto result = grow(image.file(), tag, 200, SpareKind::kZeroed);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kNoSpace);
    CHECK(image.bytes() == before);
  }
}

TEST_CASE("the SDK reads the same after a region moved") {
  for (const std::string name : {"everything-1", "tags-1000", "snap-1", "code-12"}) {
    MemoryFile file(vector_image(name));
    CAPTURE(name);
    const StrictReader before(file.bytes());
    must(resize_volume(file, 2048 * 4096, kSomeOptions));
    for (const std::string_view tag : {"TAGI", "SNAP", "CODE", "MTRK"}) {
      const auto slots = slots_of(file);
      const bool present = std::any_of(slots.begin(), slots.end(), [&](const RegionSlot& slot) {
        return slot.type == make_block_type(tag);
      });
      if (!present) continue;
      must(grow(file, tag, place_of(slots, tag).count() + 3, SpareKind::kZeroed));
    }
    const StrictReader after(file.bytes());
    CHECK(after.validates());
    CHECK(after.directory() == after.pointer_table());
    CHECK(after.directory() != before.directory());
    // Regions whose blocks had no trailers get them, as the SDK prefers.
    for (const std::string_view tag : {"TAGI", "SNAP", "CODE", "MTRK"})
      if (before.outcome(tag) != Outcome::kFails) CHECK(after.outcome(tag) == before.outcome(tag));
    CHECK(after.tags() == before.tags());
    CHECK(after.snapshots() == before.snapshots());
    CHECK(after.modules() == before.modules());
  }
}
