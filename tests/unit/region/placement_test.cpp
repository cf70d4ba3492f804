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

TEST_CASE("a region prefers an edge of the data area, and the data area ends there") {
  ImageBuilder image({4096, 256, kAllModules});
  const BlockRange data = place_of(image.slots(), "DATA");
  // In use at the start, so the end is the next choice.
  image.data_block(data.begin, 1);
  must(grow(image.file(), "CODE", 6, SpareKind::kZeroed));
  CHECK(place_of(image.slots(), "CODE") == BlockRange{data.end - 6, data.end});
  CHECK(place_of(image.slots(), "DATA") == BlockRange{data.begin, data.end - 6});
  check_clean(image.file());
  // The place that it left is outside of the data area.
  must(grow(image.file(), "BMAP", 2, SpareKind::kUnwritten));
  CHECK(place_of(image.slots(), "BMAP") == BlockRange{80, 82});
  CHECK(place_of(image.slots(), "DATA") == BlockRange{data.begin, data.end - 6});
  check_clean(image.file());
  // A region that leaves an edge returns its blocks to the data area.
  must(grow(image.file(), "CODE", 7, SpareKind::kZeroed));
  CHECK(place_of(image.slots(), "CODE") == BlockRange{data.end - 13, data.end - 6});
  CHECK(place_of(image.slots(), "DATA") == BlockRange{data.begin, data.end - 13});
}

TEST_CASE("a region that has to lie in the middle of the data area gets no note") {
  ImageBuilder image({4096, 256, kAllModules});
  const BlockRange data = place_of(image.slots(), "DATA");
  image.data_block(data.begin, 1).data_block(data.end - 1, 1);
  must(grow(image.file(), "CODE", 6, SpareKind::kZeroed));
  CHECK(place_of(image.slots(), "CODE") == BlockRange{data.begin + 1, data.begin + 7});
  CHECK(place_of(image.slots(), "DATA") == data);
  // Only the two blocks without an owner, and then also a block of the region that is marked free.
  using Codes = std::vector<std::string>;
  CHECK(verified(image.file()).codes == Codes{"BMAP-007"});
  image.bits(data.begin + 2, data.begin + 3, false);
  CHECK(verified(image.file()).codes == Codes{"BMAP-003", "BMAP-007"});
}

TEST_CASE("a region doubles while there is space, and grows by what it needs when there is not") {
  const auto extended = [](uint64_t used) {
    ImageBuilder image({4096, 256, kAllModules});
    const BlockRange data = place_of(image.slots(), "DATA");
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    // At the end, so that SNAP can grow in place.
    if (used > 0) must(volume->allocator().allocate(transaction, used, data.end - used));
    const size_t slot = slot_of(transaction.regions().raw_slots(), "SNAP");
    const uint64_t count = transaction.regions().at(slot).blocks.count();
    must(extend_region(transaction, volume->allocator(), slot, {.needed = count + 1}));
    return transaction.regions().at(slot).blocks.count() - count;
  };
  const uint64_t data = 256 - 92;
  CHECK(extended(0) == 4);
  CHECK(extended(data - 16) == 4);
  CHECK(extended(data - 12) == 3);
  CHECK(extended(data - 3) == 1);
  CHECK(extended(data - 1) == 1);
}

TEST_CASE("unwritten blocks of a region get trailers in steps, from its first block on") {
  ImageBuilder image({4096, 256, kAllModules});
  const BlockRange code = place_of(image.slots(), "CODE");
  for (const uint64_t block : {code.begin, code.begin + 2, code.begin + 3}) image.wipe(block);
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const size_t slot = slot_of(transaction.regions().raw_slots(), "CODE");
  CHECK(must(add_trailers(transaction, slot, {0, 4}, 2)) == 3);
  CHECK_FALSE(must(transaction.is_unwritten(code.begin)));
  CHECK(must(transaction.is_unwritten(code.begin + 3)));
  CHECK(must(add_trailers(transaction, slot, {3, 4}, 2)) == 4);
  CHECK_FALSE(must(transaction.is_unwritten(code.begin + 3)));
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
