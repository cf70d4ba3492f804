// Originals from older copies of an image, from leaves and from the journal, in images that vdetool
// made and changed.
#include <map>
#include <set>

#include "damage/exact/exact_image.h"
#include "format/region/bitmap.h"
#include "format/region/integrity_tree.h"
#include "support/files/borrowed_file.h"
#include "support/wasm_bytes.h"
#include "vde/modules.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint32_t kBlock = 512;

void set_tags(ImageBuilder& image, int from, int to) {
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  for (int i = from; i < to; ++i)
    must(writer->set({"key-" + std::to_string(i), std::string(20, 'v'), i, 0}));
  must(writer->commit());
  must(writer->close());
}

void store_module(ImageBuilder& image, size_t size) {
  MemoryFile module(component_of_size(size, size));
  ModuleOptions wish;
  wish.force = true;
  Activity activity;
  must(register_module(image.file(), module, wish, kSomeOptions, activity));
}

// Tags in a tree of three levels, snapshots, modules.
std::unique_ptr<ImageBuilder> filled_image() {
  auto image = std::make_unique<ImageBuilder>(ImageShape{kBlock, 2048, kAllModules});
  set_tags(*image, 0, 2000);
  for (int i = 0; i < 20; ++i) {
    SnapshotOptions wish;
    wish.label = "snapshot " + std::to_string(i);
    wish.reproducible = true;
    must(create_snapshot(image->file(), wish, {Ticks{1'000'000 + i}, false}));
  }
  for (size_t size = 2000; size < 8000; size += 1000) store_module(*image, size);
  return image;
}

RepairOptions with_copy(BlockFile& copy) {
  RepairOptions options = kExactRepair;
  options.sources = {{"backup.dwvd", &copy}};
  return options;
}

// Written blocks after the fixed ones that are in use, without the journal's.
std::vector<uint64_t> content_blocks(ImageBuilder& image) {
  const uint64_t journal = image.start("MWAL");
  const auto journal_blocks = static_cast<uint64_t>(image.slots()[image.slot_of("MWAL")].count);
  std::vector<uint64_t> blocks;
  for (const uint64_t number : image.written_blocks()) {
    const bool in_journal = number >= journal && number < journal + journal_blocks;
    const bool in_use = test_bit(image.payload(image.start("BMAP")), number);
    if (number >= kFirstRegionBlock && !in_journal && in_use) blocks.push_back(number);
  }
  return blocks;
}

BlockRange region_of(ImageBuilder& image, const char* tag) {
  const RegionSlot slot = image.slots()[image.slot_of(tag)];
  const auto start = static_cast<uint64_t>(slot.start);
  return {start, start + static_cast<uint64_t>(slot.count)};
}

// After-images in the journal are copies, too.
void wipe_records(ImageBuilder& image) {
  const BlockRange journal = region_of(image, "MWAL");
  for (uint64_t number = journal.begin + 1; number + 1 < journal.end; ++number) image.wipe(number);
}

// How many blocks hold the same payload as this one: its region may have moved.
int count_of(ImageBuilder& image, uint64_t number) {
  int count = 0;
  for (const uint64_t other : image.written_blocks())
    if (std::ranges::equal(image.payload(other), image.payload(number))) ++count;
  return count;
}

// Counts the bytes that are read from a file.
class CountingFile : public BorrowedFile {
 public:
  using BorrowedFile::BorrowedFile;
  Result<void> read(uint64_t offset, MutableBytes out) override {
    bytes_read += out.size();
    return BorrowedFile::read(offset, out);
  }
  uint64_t bytes_read = 0;
};

// Blocks of the tag index whose payload begins as an inner node with keys.
std::vector<uint64_t> inner_nodes(ImageBuilder& image) {
  std::vector<uint64_t> nodes;
  const BlockRange region = region_of(image, "TAGI");
  for (uint64_t number = region.begin + 1; number < region.end; ++number) {
    const MutableBytes block = image.block(number);
    if (UncheckedBlock(number, block).state() != BlockState::kValid) continue;
    if (block[0] == 0 && (block[1] != 0 || block[2] != 0)) nodes.push_back(number);
  }
  return nodes;
}

}  // namespace

TEST_CASE("from a copy of the same state every block comes back, whatever became of it") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  MemoryFile copy(sound);
  Random random(1);
  for (const uint64_t number : content_blocks(*image))
    if (number % 3 == 0) spoil_payload(*image, number, random);
  const RepairPlan plan = repair_exactly(*image, with_copy(copy));
  check_lossless(plan);
  CHECK(image->bytes() == sound);
  CHECK(copy.bytes() == sound);
}

TEST_CASE("what a plan found in a copy is not looked for in it again") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  MemoryFile backup(sound);
  CountingFile copy(backup);
  Random random(6);
  Activity activity;
  const RepairOptions options = with_copy(copy);
  std::vector<uint64_t> last = content_blocks(*image);
  last.erase(last.begin(), last.end() - 10);
  int searches = 0;
  for (const uint64_t number : last) {
    CAPTURE(number);
    spoil_payload(*image, number, random);
    copy.bytes_read = 0;
    const RepairPlan plan = must(plan_repair(image->file(), options, activity));
    const uint64_t searched = copy.bytes_read;
    copy.bytes_read = 0;
    must(apply_repair(image->file(), plan, options, nullptr, activity));
    CHECK(image->bytes() == sound);
    // Some blocks follow from others: then the copy's fixed blocks are all that is read.
    if (searched < sound.size() / 4) continue;
    ++searches;
    CHECK(copy.bytes_read < searched / 4);
  }
  CHECK(searches > 0);
}

TEST_CASE("from an older copy all comes back that did not change since, and nothing that did") {
  const auto image = filled_image();
  MemoryFile copy(image->bytes());
  // Few at a time: a large commit leaves its after-images in free blocks, where they are found.
  for (int i = 500; i < 520; ++i) set_tags(*image, i, i + 1);
  set_tags(*image, 2000, 2002);
  wipe_records(*image);
  const std::vector<uint8_t> sound = image->bytes();
  // How often a payload is in the copy and in the image, old places included.
  std::map<std::vector<uint8_t>, int> held;
  const auto count = [&](const std::vector<uint8_t>& bytes) {
    for (auto at = bytes.begin(); at != bytes.end(); at += kBlock)
      ++held[{at, at + (kBlock - kTrailerSize)}];
  };
  count(copy.bytes());
  count(sound);
  Random random(2);
  uint64_t came_back = 0;
  uint64_t left = 0;
  for (const uint64_t number : content_blocks(*image)) {
    const MutableBytes payload = image->payload(number);
    const bool is_old = held[{payload.begin(), payload.end()}] > 1;
    // Other blocks follow from the leaves.
    if (image->trailer(number).type != block_types::kTagIndex || image->block(number)[0] != 1)
      continue;
    spoil_payload(*image, number, random);
    RepairOptions options = with_copy(copy);
    Activity activity;
    const RepairPlan plan = must(plan_repair(image->file(), options, activity));
    CAPTURE(number);
    CHECK(restores(plan, number) == is_old);
    is_old ? ++came_back : ++left;
    image->bytes() = sound;
  }
  MESSAGE(came_back, " blocks came back, ", left, " did not");
  CHECK(came_back > 100);
  CHECK(left > 0);
}

TEST_CASE("all blocks that did not change since a backup come back at once, and no others change") {
  const auto image = filled_image();
  MemoryFile copy(image->bytes());
  set_tags(*image, 500, 520);
  store_module(*image, 9000);
  wipe_records(*image);
  const std::vector<uint8_t> sound = image->bytes();
  std::set<std::vector<uint8_t>> old;
  for (auto at = copy.bytes().begin(); at != copy.bytes().end(); at += kBlock)
    old.insert({at, at + (kBlock - kTrailerSize)});
  Random random(12);
  uint64_t unchanged = 0;
  std::vector<uint64_t> changed;
  for (const uint64_t number : content_blocks(*image)) {
    const MutableBytes payload = image->payload(number);
    if (!old.contains({payload.begin(), payload.end()})) {
      changed.push_back(number);
      continue;
    }
    ++unchanged;
    spoil_payload(*image, number, random);
  }
  MESSAGE(unchanged, " blocks did not change, ", changed.size(), " did");
  CHECK(unchanged > 400);
  CHECK(changed.size() > 10);
  check_lossless(repair_exactly(*image, with_copy(copy)));
  CHECK(image->bytes() == sound);
  // A changed block is what it was, or as the damage left it.
  for (const uint64_t number : changed) {
    spoil_payload(*image, number, random);
    const std::vector<uint8_t> damaged(image->block(number).begin(), image->block(number).end());
    Activity activity;
    const RepairOptions options = with_copy(copy);
    if (restores(must(plan_repair(image->file(), options, activity)), number)) {
      repair_exactly(*image, options);
      CHECK(image->bytes() == sound);
    }
    image->bytes() = sound;
  }
}

TEST_CASE("each structure is read a few times, however many of its blocks are damaged") {
  const auto image = filled_image();
  wipe_records(*image);
  const auto bytes_read = [&] {
    CountingFile file(image->file());
    Activity activity;
    static_cast<void>(must(plan_repair(file, kExactRepair, activity)));
    return file.bytes_read;
  };
  Random random(13);
  const BlockRange index = region_of(*image, "TAGI");
  uint64_t damaged = 0;
  const auto damage = [&](uint64_t count) {
    for (uint64_t number = index.begin + 2; number < index.end && damaged < count; ++number)
      if (!all_zero(image->block(number)) && ++damaged > 0) spoil_payload(*image, number, random);
  };
  damage(1);
  const uint64_t with_one = bytes_read();
  damage(100);
  CHECK(bytes_read() < 3 * with_one);
}

TEST_CASE("a copy of another volume gives nothing, and the plan says so") {
  const auto image = filled_image();
  ImageBuilder copy(image->bytes(), kBlock);
  copy.superblock([](Superblock& superblock) { superblock.uuid.bytes[3] ^= 0xFF; });
  Random random(3);
  const uint64_t leaf = image->start("TAGI") + 2;
  spoil_payload(*image, leaf, random);
  Activity activity;
  const RepairPlan plan = must(plan_repair(image->file(), with_copy(copy.file()), activity));
  CHECK_FALSE(restores(plan, leaf));
  CHECK(std::ranges::find(plan.notes, "backup.dwvd is not used: it is of another volume") !=
        plan.notes.end());
}

TEST_CASE("a copy that is damaged itself, without superblocks too, gives what verifies") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  MemoryFile copy(sound);
  std::fill_n(copy.bytes().begin(), kBlock * 10, uint8_t{0});
  Random random(4);
  const uint64_t leaf = image->start("TAGI") + 2;
  spoil_payload(*image, leaf, random);
  repair_exactly(*image, with_copy(copy));
  CHECK(image->bytes() == sound);
  // A copy in which the block is damaged, too, is no help.
  ImageBuilder broken(sound, kBlock);
  spoil_payload(broken, leaf, random);
  spoil_payload(*image, leaf, random);
  Activity activity;
  CHECK_FALSE(restores(must(plan_repair(image->file(), with_copy(broken.file()), activity)), leaf));
}

TEST_CASE("a block that is damaged in both groups comes from a copy, also sector by sector") {
  ImageBuilder image;
  const std::vector<uint8_t> sound = image.bytes();
  MemoryFile copy(sound);
  Random random(11);
  // Without superblocks nothing says that this is an image.
  for (uint64_t block = 1; block < 4; ++block) {
    spoil_payload(image, block, random);
    spoil_payload(image, block + kMirrorGroup, random);
    if (block == 1) spoil_payload(image, kDirectoryStart, random);
    CAPTURE(block);
    check_lossless(repair_exactly(image, with_copy(copy)));
    CHECK(image.bytes() == sound);
    image.bytes() = sound;
  }
  // Of the copy's block another sector is lost.
  ImageBuilder broken(sound, 4096);
  spoil(broken, 3, 0, 512, random);
  for (const uint64_t block : {3u, 7u}) spoil(image, block, 1024, 512, random);
  repair_exactly(image, with_copy(broken.file()));
  CHECK(image.bytes() == sound);
}

TEST_CASE("a sector that is lost comes from an older version of the block that still has it") {
  ImageBuilder image({4096, 256, kAllModules});
  set_tags(image, 0, 300);
  MemoryFile copy(image.bytes());
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  must(writer->set({"key-299", "another", 299, 0}));
  must(writer->commit());
  must(writer->close());
  const std::vector<uint8_t> sound = image.bytes();
  Random random(5);
  const uint64_t leaf = image.start("TAGI") + 2;
  spoil(image, leaf, 512, 512, random);
  repair_exactly(image, with_copy(copy));
  CHECK(image.bytes() == sound);
}

TEST_CASE("two copies together have the sectors that a block lost, where neither has all of them") {
  ImageBuilder image({4096, 256, kAllModules});
  set_tags(image, 0, 300);
  wipe_records(image);
  const std::vector<uint8_t> sound = image.bytes();
  ImageBuilder one(sound, 4096);
  ImageBuilder two(sound, 4096);
  const uint64_t leaf = image.start("TAGI") + 2;
  Random random(14);
  const auto lose = [&](size_t sector, std::initializer_list<ImageBuilder*> images) {
    for (ImageBuilder* each : images) spoil(*each, leaf, sector * 512, 512, random);
  };
  lose(1, {&image, &one});
  lose(4, {&image, &two});
  lose(6, {&one, &two});
  for (ImageBuilder* copy : {&one, &two}) {
    Activity activity;
    const RepairOptions options = with_copy(copy->file());
    CHECK_FALSE(restores(must(plan_repair(image.file(), options, activity)), leaf));
  }
  RepairOptions options = kExactRepair;
  options.sources = {{"one.dwvd", &one.file()}, {"two.dwvd", &two.file()}};
  check_lossless(repair_exactly(image, options));
  CHECK(image.bytes() == sound);
}

TEST_CASE("inner nodes follow from the leaves") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  Random random(6);
  const std::vector<uint64_t> nodes = inner_nodes(*image);
  CHECK(nodes.size() > 3);
  uint64_t restored = 0;
  for (const uint64_t node : nodes) {
    spoil_payload(*image, node, random);
    Activity activity;
    const RepairPlan plan = must(plan_repair(image->file(), kExactRepair, activity));
    if (restores(plan, node)) {
      ++restored;
      repair_exactly(*image);
      CHECK(image->bytes() == sound);
    }
    image->bytes() = sound;
  }
  MESSAGE(restored, " of ", nodes.size(), " inner nodes");
  CHECK(restored > nodes.size() / 2);
}

TEST_CASE("several inner nodes follow from the leaves, also if one leaf is lost") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  Random random(9);
  const std::vector<uint64_t> nodes = inner_nodes(*image);
  REQUIRE(nodes.size() > 8);
  for (const size_t i : {1UL, 4UL, 7UL}) spoil_payload(*image, nodes[i], random);
  repair_exactly(*image);
  CHECK(image->bytes() == sound);
  wipe_records(*image);
  uint64_t leaf = region_of(*image, "TAGI").begin + 1;
  while (image->block(leaf)[0] != 1 || count_of(*image, leaf) > 1) ++leaf;
  spoil_payload(*image, leaf, random);
  spoil_payload(*image, nodes[4], random);
  Activity activity;
  const RepairPlan plan = must(plan_repair(image->file(), kExactRepair, activity));
  CHECK(restores(plan, nodes[4]));
  CHECK_FALSE(restores(plan, leaf));
}

TEST_CASE("the filters and the header of a tag index follow from the leaves") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  Random random(7);
  const BlockRange region = region_of(*image, "TAGI");
  // The header's Bloom bits: what vdetool keeps after them must be there.
  spoil(*image, region.begin, 0, 300, random);
  repair_exactly(*image);
  CHECK(image->bytes() == sound);
  uint64_t filters = 0;
  for (uint64_t number = region.begin + 2; number < region.end; ++number) {
    const MutableBytes block = image->block(number);
    if (UncheckedBlock(number, block).state() != BlockState::kValid) continue;
    if (!all_zero(block.first(64)) || all_zero(image->payload(number))) continue;
    ++filters;
    spoil_payload(*image, number, random);
    repair_exactly(*image);
    CAPTURE(number);
    CHECK(image->bytes() == sound);
    image->bytes() = sound;
  }
  CHECK(filters > 0);
}

TEST_CASE("the header and the inner nodes of an integrity tree follow from its leaves") {
  ImageBuilder image({kBlock, 256, kAllModules});
  const uint64_t tree = image.start("MTRK");
  constexpr uint64_t kCapacity = 16;
  constexpr uint64_t kLeaves = 13;
  std::map<uint64_t, Opaque<32>> nodes;
  for (uint64_t i = 0; i < kLeaves; ++i) nodes[kCapacity + i].fill(static_cast<uint8_t>(i + 1));
  for (uint64_t i = kCapacity - 1; i > 0; --i)
    nodes[i] = parent_hash(nodes[2 * i], nodes[2 * i + 1]);
  for (const auto& [number, hash] : nodes) {
    const NodePlace place = node_place(number, kBlock);
    std::ranges::copy(hash, image.payload(tree + place.block).begin() + place.offset);
  }
  edit(image, tree, 0, kIntegrityTreeHeaderLayout, [&](IntegrityTreeHeader& header) {
    header = {int32_t{kLeaves}, int32_t{kCapacity}, nodes[1]};
  });
  for (uint64_t block = tree; block < tree + 4; ++block) image.rehash(block);
  const std::vector<uint8_t> sound = image.bytes();
  REQUIRE_FALSE(verified(image.file()).complains());
  Random random(10);
  // At this size the leaves begin with a new block; the last block is for an unused one.
  for (uint64_t block = tree; block < tree + 4; ++block) {
    spoil_payload(image, block, random);
    Activity activity;
    const bool follows = block != tree + 2;
    CAPTURE(block - tree);
    CHECK(restores(must(plan_repair(image.file(), kExactRepair, activity)), block) == follows);
    if (follows) repair_exactly(image);
    if (follows) CHECK(image.bytes() == sound);
    image.bytes() = sound;
  }
}

TEST_CASE("a flipped bit in a module is undone") {
  const auto image = filled_image();
  const std::vector<uint8_t> sound = image->bytes();
  for (const uint64_t number : content_blocks(*image)) {
    if (image->trailer(number).type != block_types::kData) continue;
    image->flip(number, 77, 5);
    repair_exactly(*image);
    CHECK(image->bytes() == sound);
  }
}

TEST_CASE("a bit that flipped in the journal costs no commit that waits in it") {
  ImageBuilder image({512, 256, kAllModules});
  const uint64_t block = leave_commits(image.file(), 3);
  const std::vector<uint8_t> waiting = image.bytes();
  repair_exactly(image);
  const std::vector<uint8_t> applied = image.bytes();
  CHECK(image.block(block)[0] == 3);
  const uint64_t journal = image.start("MWAL");
  Random random(8);
  for (uint64_t number = journal; number < journal + 40; ++number) {
    image.bytes() = waiting;
    if (all_zero(image.block(number))) continue;
    image.flip(number, random.below(payload_size(512)), 2);
    CAPTURE(number - journal);
    const RepairPlan plan = repair_exactly(image);
    check_lossless(plan);
    CHECK(image.block(block)[0] == 3);
    CHECK(image.bytes() == applied);
  }
}
