#include "probe/slot_guess.h"

#include <doctest/doctest.h>

#include "io/memory_file.h"
#include "io/shifted_file.h"
#include "probe/probe.h"
#include "support/files/borrowed_file.h"
#include "support/image_builder.h"
#include "support/must.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

BlockRuns runs_of(BlockFile& file, uint32_t block_size) {
  Activity activity;
  const BlockIo io(file, block_size);
  return must(find_block_runs(io, must(io.blocks_in_file()), activity));
}

// Without the hint about used blocks; free slots are left out.
std::vector<RegionSlot> places(std::vector<RegionSlot> slots) {
  std::erase_if(slots, [](const RegionSlot& slot) { return slot.is_free(); });
  for (RegionSlot& slot : slots) slot.used = 0;
  return slots;
}

void clear_head(std::vector<uint8_t>& bytes, uint32_t block_size) {
  std::fill_n(bytes.begin(), kFirstRegionBlock * block_size, uint8_t{0});
}

}  // namespace

TEST_CASE("the blocks of a fresh image show its block size and all of its regions") {
  for (const uint32_t block_size : {512u, 1024u, 4096u, 65536u})
    for (const uint64_t blocks : {256u, 5000u}) {
      if (block_size * blocks > (uint64_t{32} << 20)) continue;
      CAPTURE(block_size);
      CAPTURE(blocks);
      ImageBuilder image({block_size, blocks, kAllModules});
      const std::vector<RegionSlot> slots = places(image.slots());
      clear_head(image.bytes(), block_size);
      Activity activity;
      CHECK(must(find_block_size(image.file(), UINT64_MAX, activity)) == block_size);
      const BlockIo io(image.file(), block_size);
      const BlockRuns runs = runs_of(image.file(), block_size);
      CHECK(places(must(guess_slots(io, runs, blocks, activity))) == slots);
      CHECK(contradicted_slots(slots, runs, blocks).empty());
    }
}

TEST_CASE("the blocks of the SDK's images show the regions that its tables have") {
  for (const std::string name : {"everything-1", "snap-chain-30"}) {
    CAPTURE(name);
    MemoryFile file(vector_image(name));
    const Probe probe = must(probe_image(file));
    const auto blocks = static_cast<uint64_t>(probe.superblock.total_blocks);
    const BlockIo io(file, probe.block_size);
    const BlockRuns runs = runs_of(file, probe.block_size);
    CHECK(contradicted_slots(probe.slots, runs, blocks).empty());
    clear_head(file.bytes(), probe.block_size);
    const BlockRuns left = runs_of(file, probe.block_size);
    const auto guessed = must(guess_slots(io, left, blocks, Activity()));
    CHECK(places(guessed) == places(probe.slots));
    CHECK((manifest_of_slots(guessed) & ~probe.manifest()) == 0);
  }
}

TEST_CASE("a slot whose region holds another region's blocks, or is not in the volume, is wrong") {
  ImageBuilder image;
  const BlockRuns runs = runs_of(image.file(), 4096);
  std::vector<RegionSlot> slots = image.slots();
  const size_t code = image.slot_of("CODE");
  const size_t snapshots = image.slot_of("SNAP");
  std::swap(slots[code].start, slots[snapshots].start);
  CHECK(contradicted_slots(slots, runs, 256) == std::vector<size_t>{code, snapshots});
  slots = image.slots();
  slots[code].start = 254;
  CHECK(contradicted_slots(slots, runs, 256) == std::vector<size_t>{code});
}

TEST_CASE("longer runs are found in a range that begins or ends within them") {
  BlockRuns found;
  found.runs = {{block_types::kCode, {20, 30}, 9, 1},
                {block_types::kData, {40, 41}, 1, 1},
                {block_types::kCode, {50, 60}, 2, 1}};
  for (const BlockRange single : {BlockRange{0, 20}, {30, 50}, {60, 90}, {40, 41}})
    CHECK(has_only_single_blocks(found, single));
  for (const BlockRange longer : {BlockRange{0, 21}, {22, 24}, {29, 40}, {40, 51}, {59, 90}})
    CHECK_FALSE(has_only_single_blocks(found, longer));
}

TEST_CASE("a part of a file is read as a file, and not written") {
  MemoryFile file(std::vector<uint8_t>(100, 1));
  file.bytes()[60] = 9;
  ShiftedFile part(std::make_unique<BorrowedFile>(file), 60);
  CHECK(must(part.size()) == 40);
  std::vector<uint8_t> byte(1);
  must(part.read(0, byte));
  CHECK(byte[0] == 9);
  CHECK_FALSE(part.read(40, byte).has_value());
  CHECK(part.write(0, byte).error().code == ErrorCode::kUnsupported);
  ShiftedFile after(std::make_unique<BorrowedFile>(file), 200);
  CHECK(must(after.size()) == 0);
}
