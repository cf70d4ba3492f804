// The bitmap compared with the owners of blocks: what a session may trust.
#include "region/bitmap_guard.h"

#include <doctest/doctest.h>

#include "format/region/module_entry.h"
#include "region/packed_editor.h"
#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kGuardBits = 496 * 8;  // of a bitmap block of 512 bytes
constexpr uint64_t kGuardBlocks = 3 * kGuardBits;

// An image of three bitmap blocks with one module of `size` blocks at its end, in the third one.
struct GuardedImage {
  explicit GuardedImage(uint64_t size = 4) : image({512, kGuardBlocks, "compute"}) {
    volume = open_volume(image.file());
    Transaction first = must(volume->begin());
    module = must(volume->allocator().allocate(first, size, kGuardBlocks - size));
    for (uint64_t n = module.begin; n < module.end; ++n) fill_block(first, n, 7);
    ModuleEntry entry;
    entry.hash.fill(1);
    entry.first_block = static_cast<int64_t>(module.begin);
    entry.block_count = static_cast<int32_t>(size);
    entry.size = static_cast<int32_t>(size * 496);
    std::vector<uint8_t> record(encoded_size(entry));
    encode(entry, record);
    size_t slot = 0;
    while (first.regions().raw_slots()[slot].type != block_types::kCode) ++slot;
    const PackedTable code{block_types::kCode, kModuleShape};
    PackedEditor table = must(PackedEditor::open(first, volume->allocator(), slot, code));
    must(table.append(record));
    must(volume->commit(first));
    must(volume->close());
    volume.reset();
  }

  // The result of the first allocation of a new session.
  Result<BlockRange> allocate(std::optional<uint64_t> hint = std::nullopt) {
    volume = open_volume(image.file());
    transaction.emplace(must(volume->begin()));
    return volume->allocator().allocate(*transaction, 1, hint);
  }
  [[nodiscard]] uint64_t bitmap(uint64_t index) { return image.start("BMAP") + index; }

  ImageBuilder image;
  BlockRange module;
  std::unique_ptr<Volume> volume;
  std::optional<Transaction> transaction;
};

void check_refused(const Result<BlockRange>& result, uint64_t block) {
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::kDamaged);
  CHECK(result.error().block == block);
}

}  // namespace

TEST_CASE("an intact bitmap is trusted, and its later blocks may be holes") {
  GuardedImage image;
  image.image.wipe(image.bitmap(1));
  CHECK(must(image.allocate()).begin == image.image.start("DATA"));
  CHECK(must(image.allocate(kGuardBits + 5)).begin == kGuardBits + 5);
}

TEST_CASE("a lost bitmap block is detected although zeros mean free") {
  for (const bool with_trailer : {false, true}) {
    CAPTURE(with_trailer);
    GuardedImage image;
    image.image.wipe(image.bitmap(2));
    if (with_trailer) image.image.write(image.bitmap(2), "BMAP", "");
    check_refused(image.allocate(), image.bitmap(2));
  }
}

TEST_CASE("the first bitmap block is never zero") {
  GuardedImage image;
  image.image.write(image.bitmap(0), "BMAP", "");
  const auto volume = open_volume(image.image.file());
  const Result<Transaction> begun = volume->begin();
  REQUIRE_FALSE(begun.has_value());
  CHECK(begun.error().code == ErrorCode::kDamaged);
  CHECK(begun.error().block == image.bitmap(0));
}

TEST_CASE("a bit without an owner shows a stale block") {
  GuardedImage image;
  image.image.bits(kGuardBits + 100, kGuardBits + 101, true);
  CHECK(must(image.allocate()).begin == image.image.start("DATA"));
  check_refused(image.allocate(kGuardBits), image.bitmap(1));
}

TEST_CASE("counts that do not add up, or are too small for the owners, are a contradiction") {
  for (const int64_t change : {int64_t{1}, int64_t{-1}}) {
    CAPTURE(change);
    GuardedImage image;
    image.image.superblock([&](Superblock& s) {
      s.total_allocated_blocks += change;
      s.free_blocks -= change < 0 ? change : 0;
    });
    check_refused(image.allocate(), kPrimaryGroup);
  }
}

TEST_CASE(
    "if other programs own blocks, the bits must add up, and only unwritten blocks are allocated") {
  GuardedImage image;
  const uint64_t data = image.image.start("DATA");
  // Another program's block, allocated and counted, and free ones with old content.
  image.image.bits(data, data + 1, true);
  image.image.superblock([](Superblock& s) {
    ++s.total_allocated_blocks;
    --s.free_blocks;
  });
  image.image.write(data + 1, "DATA", "01").write(data + 2, "DATA", "02");
  CHECK(must(image.allocate()).begin == data + 3);

  image.image.bits(data, data + 1, false);
  check_refused(image.allocate(), image.bitmap(0));
}

TEST_CASE("free, unwritten blocks that a module names are not allocated") {
  GuardedImage image(1);
  for (uint64_t n = image.module.begin; n < image.module.end; ++n) image.image.wipe(n);
  image.image.bits(image.module.begin, image.module.end, false);
  image.image.superblock([](Superblock& s) {
    --s.total_allocated_blocks;
    ++s.free_blocks;
  });
  // The module is the volume's last block: the search continues at its start.
  CHECK(must(image.allocate(image.module.begin)).begin == image.image.start("DATA"));

  image.image.write(image.module.begin, "DATA", "01");
  check_refused(image.allocate(), image.bitmap(2));
}

TEST_CASE("a damaged table hides owners: nothing is allocated") {
  GuardedImage image;
  const uint64_t code = image.image.start("CODE");
  image.image.payload(code)[20] ^= 1;
  check_refused(image.allocate(), code);
}
