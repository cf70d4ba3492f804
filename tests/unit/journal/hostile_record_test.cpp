// Valid, chained records that refer to blocks that no writer would name.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "journal/committed_view.h"
#include "support/crafted_journal.h"
#include "support/random.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint32_t kBlockSize = 512;
constexpr uint64_t kBlocks = 256;

// An image of 256 blocks: MWAL 16 to 79, TAGI from 80, SNAP from 92, DATA from 96 on.
struct Target {
  Target() : image({kBlockSize, kBlocks, kAllModules}), journal(image) {}

  // Every reader and writer refuses with this reason, and changes nothing.
  void check_refused(std::string_view why) {
    const std::vector<uint8_t> before = image.bytes();
    const auto view = committed_view(image.file());
    REQUIRE_FALSE(view.has_value());
    CHECK(view.error().code == ErrorCode::kDamaged);
    CHECK_MESSAGE(view.error().message.find(why) != std::string::npos, view.error().message);
    CHECK(try_open_volume(image.file(), kSomeOptions).error().code == ErrorCode::kDamaged);
    CHECK(image.bytes() == before);
  }

  [[nodiscard]] BlockBuffer data(uint8_t fill) const {
    return journal.valid_block(block_types::kData, fill);
  }

  // The directory's first block with the slot of type `tag` changed.
  [[nodiscard]] BlockBuffer directory(std::string_view tag,
                                      const std::function<void(RegionSlot&)>& change) {
    ImageBuilder changed(image.bytes(), kBlockSize);
    changed.slot(changed.slot_of(tag), change);
    const Bytes block = changed.block(kDirectoryStart);
    return {block.begin(), block.end()};
  }

  ImageBuilder image;
  CraftedJournal journal;
};

std::vector<uint8_t> all_bytes(BlockFile& file) {
  std::vector<uint8_t> bytes(must(file.size()));
  must(file.read(0, bytes));
  return bytes;
}

// What readers see, and what the next writer leaves; nothing if both are refused.
struct Outcome {
  uint64_t records = 0;  // number of records replayed
  std::vector<uint8_t> seen;
  std::vector<uint8_t> written;
};

std::optional<Outcome> play_back(ImageBuilder& original) {
  ImageBuilder image(original.bytes(), kBlockSize);
  Outcome outcome;
  const Probe probe = must(probe_to_judge(image.file()));
  const auto view = view_committed(image.file(), probe);
  if (view) outcome.seen = all_bytes(*view->file);
  const BlockIo io(image.file(), kBlockSize);
  const auto plan = plan_recovery(io, probe);
  REQUIRE(view.has_value() == plan.has_value());
  if (!plan) return std::nullopt;
  must(apply_recovery(io, probe, *plan));
  outcome.records = plan->records;
  outcome.written = image.bytes();
  return outcome;
}

// The first block after the groups and outside of the journal that differs.
std::optional<uint64_t> first_difference(const Outcome& outcome, BlockRange journal) {
  REQUIRE(outcome.seen.size() == outcome.written.size());
  for (uint64_t n = kDirectoryStart; n < outcome.seen.size() / kBlockSize; ++n) {
    const auto block = [&](const std::vector<uint8_t>& bytes) {
      return Bytes(bytes).subspan(n * kBlockSize, kBlockSize);
    };
    if (!journal.contains(n) && !std::ranges::equal(block(outcome.seen), block(outcome.written)))
      return n;
  }
  return std::nullopt;
}

// A block that a record may name, or one that it must not.
uint64_t some_block(Random& random, uint64_t next_record) {
  switch (random.below(24)) {
    case 0:
      return random.below(kFirstRegionBlock);
    case 1:
      return next_record + random.below(8);
    case 2:
      return 16 + random.below(64);  // MWAL
    case 3:
      return 80 + random.below(16);  // other regions
    case 4:
      return kBlocks + random.below(6);  // after the volume; the file has four of them
    default:
      return 200 + random.below(16);  // free
  }
}

void add_record(Random& random, ImageBuilder& image, CraftedJournal& journal) {
  std::vector<CraftedEntry> entries(1 + random.below(4));
  for (CraftedEntry& entry : entries) {
    entry.target = some_block(random, journal.next());
    if (random.below(3) == 0) entry.place = some_block(random, journal.next());
    entry.image = journal.valid_block(block_types::kData, static_cast<uint8_t>(random.below(200)));
    // Fixed blocks stay, or there is no image to examine.
    const bool is_fixed = entry.place != 0 && entry.place < kFirstRegionBlock;
    if (is_fixed || entry.target == kDirectoryStart) {
      const Bytes block = image.block(is_fixed ? entry.place : kDirectoryStart);
      entry.image.assign(block.begin(), block.end());
    }
  }
  journal.add(entries);
}

}  // namespace

TEST_CASE("a record that keeps the rules is replayed, from the journal and from free blocks") {
  Target target;
  target.journal.add({{200, 0, target.data(1)}, {201, 210, target.data(2)}});
  target.journal.add({{200, 211, target.data(3)}, {202, 0, target.data(4)}});
  const auto outcome = play_back(target.image);
  REQUIRE(outcome.has_value());
  for (const auto& [block, fill] : {std::pair{200u, 3}, {201u, 2}, {202u, 4}})
    for (const auto& bytes : {outcome->seen, outcome->written})
      CHECK(bytes[block * kBlockSize] == fill);
  CHECK_FALSE(first_difference(*outcome, {16, 80}).has_value());
}

TEST_CASE("superblock groups and the journal are never targets") {
  for (const uint64_t block : {0u, 3u, 4u, 7u, 16u, 17u, 24u, 79u}) {
    CAPTURE(block);
    Target target;
    target.journal.add({{block, 0, target.data(1)}});
    target.check_refused(fmt::format("changes block {}", block));
  }
}

TEST_CASE("a target must lie within the file and within the volume after its record") {
  for (const uint64_t block : {kBlocks, kBlocks + 3, uint64_t{1} << 60, UINT64_MAX}) {
    CAPTURE(block);
    Target target;
    target.image.bytes().resize((kBlocks + 2) * kBlockSize);
    target.journal.add({{block, 0, target.data(1)}});
    target.check_refused("is not in the volume");
  }
  const auto grown_to = [](uint64_t blocks) {
    return [blocks](Superblock& superblock) {
      superblock.total_blocks = static_cast<int64_t>(blocks);
    };
  };
  Target grown;
  grown.image.bytes().resize((kBlocks + 2) * kBlockSize);
  grown.journal.add({{kBlocks, 0, grown.data(1)}}, grown_to(kBlocks + 2));
  CHECK(play_back(grown.image).has_value());
  Target more_than_the_file;
  more_than_the_file.journal.add({{kBlocks, 0, more_than_the_file.data(1)}}, grown_to(kBlocks + 2));
  more_than_the_file.check_refused("is not in the volume");
  Target shrunk;
  shrunk.journal.add({{200, 0, shrunk.data(1)}}, grown_to(200));
  shrunk.check_refused("is not in the volume");
}

TEST_CASE("an after-image must not lie in metadata or outside of the volume") {
  for (const uint64_t block : {1u, 9u, 10u, 16u, 40u, 79u, 80u, 95u}) {
    CAPTURE(block);
    Target target;
    const Bytes there = target.image.block(block);
    const bool is_valid = UncheckedBlock(block, there).state() == BlockState::kValid;
    target.journal.add(
        {{200, block, is_valid ? BlockBuffer(there.begin(), there.end()) : target.data(1)}});
    target.check_refused("belongs to a region");
  }
  Target beyond;
  beyond.image.bytes().resize((kBlocks + 1) * kBlockSize);
  beyond.journal.add({{200, kBlocks, beyond.data(1)}});
  beyond.check_refused("is not in the volume");
}

TEST_CASE("the block of a live after-image is never a target, in any order of records") {
  Target same;
  same.journal.add({{210, 0, same.data(1)}, {200, 210, same.data(2)}});
  same.check_refused("holds an after-image");
  Target later;
  later.journal.add({{200, 210, later.data(2)}});
  later.journal.add({{210, 0, later.data(1)}});
  later.check_refused("holds an after-image");
  Target earlier;
  earlier.journal.add({{210, 0, earlier.data(1)}});
  earlier.journal.add({{200, 210, earlier.data(2)}});
  earlier.check_refused("is changed by a record");
}

TEST_CASE("a block holds one after-image: entries may share it, but not for different ones") {
  Target twice;
  twice.journal.add({{200, 210, twice.data(1)}});
  twice.journal.add({{201, 210, twice.data(2)}});
  twice.check_refused("was overwritten");
  Target shared;
  shared.journal.add({{200, 210, shared.data(1)}, {201, 210, shared.data(1)}});
  shared.journal.add({{202, 210, shared.data(1)}});
  const auto outcome = play_back(shared.image);
  REQUIRE(outcome.has_value());
  for (const size_t block : {200u, 201u, 202u})
    for (const auto& bytes : {outcome->seen, outcome->written})
      CHECK(bytes[block * kBlockSize] == 1);
}

TEST_CASE("only blocks that share a sector become unwritten, and none of the directory") {
  const BlockBuffer none(kBlockSize);
  Target hole;
  hole.journal.add({{200, 200, none}, {201, 0, hole.data(1)}});
  const auto outcome = play_back(hole.image);
  REQUIRE(outcome.has_value());
  CHECK(outcome->seen == outcome->written);
  for (const uint64_t block : {8u, 9u}) {
    CAPTURE(block);
    Target target;
    const std::vector<uint8_t> before = target.image.bytes();
    target.journal.add({{block, block, none}});
    std::ranges::copy(Bytes(before).first(kFirstRegionBlock * kBlockSize),
                      target.image.bytes().begin());
    target.check_refused("is never unwritten");
  }
  ImageBuilder large({4096, 256, kAllModules});
  CraftedJournal journal(large);
  journal.add({{200, 200, BlockBuffer(4096)}});
  const auto view = committed_view(large.file());
  REQUIRE_FALSE(view.has_value());
  CHECK(view.error().message.find("shares no sector") != std::string::npos);
}

TEST_CASE("no record moves the journal, or a region over a live after-image") {
  Target moved;
  moved.journal.add(
      {{kDirectoryStart, 0, moved.directory("MWAL", [](RegionSlot& slot) { slot.start = 150; })}});
  moved.check_refused("moves the journal");
  Target over;
  over.journal.add({{200, 211, over.data(1)}});
  over.journal.add(
      {{kDirectoryStart, 0, over.directory("SNAP", [](RegionSlot& slot) { slot.start = 210; })}});
  over.check_refused("moves a region");
  Target beside;
  beside.journal.add({{200, 209, beside.data(1)}});
  beside.journal.add(
      {{kDirectoryStart, 0, beside.directory("SNAP", [](RegionSlot& slot) { slot.start = 210; })}});
  CHECK(play_back(beside.image).has_value());
}

TEST_CASE("a record must keep the volume's identity") {
  for (const auto& change : std::initializer_list<std::function<void(Superblock&)>>{
           [](Superblock& superblock) { superblock.uuid = Guid{}; },
           [](Superblock& superblock) { superblock.block_size = 1024; }}) {
    Target target;
    target.journal.add({{200, 0, target.data(1)}}, change);
    target.check_refused("another volume's superblock");
  }
}

TEST_CASE("repair takes the records before one that breaks a rule, and none after it") {
  Target target;
  target.journal.add({{200, 0, target.data(1)}});
  const uint64_t at = target.journal.add({{201, 0, target.data(2)}, {16, 0, target.data(3)}});
  target.journal.add({{202, 0, target.data(4)}});
  const BlockIo io(target.image.file(), kBlockSize);
  const Probe probe = must(probe_to_judge(target.image.file()));
  CHECK(plan_recovery(io, probe).error().block == at);
  const RecoveryPlan plan = must(plan_recovery(io, probe, LostRecords::kDrop));
  CHECK(plan.records == 1);
  must(apply_recovery(io, probe, plan));
  CHECK(target.image.block(200)[0] == 1);
  CHECK(target.image.block(201)[0] == 0);
  CHECK(target.image.block(202)[0] == 0);
}

TEST_CASE("an after-image is never read from a block that the same replay wrote") {
  Target target;
  target.image.write(210, "DATA", "11").write(211, "DATA", "22");
  const BlockIo io(target.image.file(), kBlockSize);
  const Probe probe = must(probe_to_judge(target.image.file()));
  RecoveryPlan plan = must(plan_recovery(io, probe));
  plan.needs_reset = true;
  plan.after_images = {{200, 210}, {210, 211}};
  const std::vector<uint8_t> before = target.image.bytes();
  CHECK(apply_recovery(io, probe, plan).error().code == ErrorCode::kDamaged);
  CHECK(target.image.bytes() == before);
  plan.after_images = {{200, 210}, {201, 211}};
  must(apply_recovery(io, probe, plan));
  CHECK(target.image.block(200)[0] == 0x11);
  CHECK(target.image.block(201)[0] == 0x22);
}

TEST_CASE("for any journal, readers see what the next writer leaves") {
  constexpr uint64_t kSeeds = 3000;
  uint64_t replayed = 0;
  uint64_t refused = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    Target target;
    target.image.bytes().resize((kBlocks + 4) * kBlockSize);
    const uint64_t records = 1 + random.below(3);
    for (uint64_t i = 0; i < records; ++i) add_record(random, target.image, target.journal);
    const auto outcome = play_back(target.image);
    if (!outcome) ++refused;
    if (!outcome) continue;
    if (outcome->records > 0) ++replayed;
    const auto difference = first_difference(*outcome, {16, 80});
    CHECK_MESSAGE(!difference, difference.value_or(0));
  }
  MESSAGE(replayed, " journals replayed, ", refused, " refused");
  CHECK(replayed > kSeeds / 10);
  CHECK(refused > kSeeds / 10);
}
