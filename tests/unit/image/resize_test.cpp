#include <doctest/doctest.h>
#include <fmt/format.h>

#include "format/region/bitmap.h"
#include "region/placement.h"
#include "support/check_clean.h"
#include "support/files/failing_file.h"
#include "support/files/faulty_file.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"

using namespace vde;
using namespace vde::test;

namespace {

ErrorCode refused(BlockFile& file, uint64_t size) {
  const auto result = resize_volume(file, size, kSomeOptions);
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

// A file whose size cannot change.
class DeviceFile : public FaultyFile {
 public:
  explicit DeviceFile(BlockFile& file) : FaultyFile(file, 512, {}) {}
  [[nodiscard]] bool is_device() const override { return true; }
  Result<void> resize(uint64_t) override { return fail(ErrorCode::kUnsupported, "a device"); }
};

uint64_t counted_free(ImageBuilder& image) {
  return static_cast<uint64_t>(must(probe_to_judge(image.file())).superblock.free_blocks);
}

}  // namespace

TEST_CASE("a volume grows and shrinks at every block size, and is clean after each step") {
  for (uint32_t block_size = 512; block_size <= 65'536; block_size *= 2) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 300, kAllModules});
    const uint64_t free = counted_free(image);
    for (const uint64_t blocks : {301u, 1000u, 999u, 256u, 512u, 300u}) {
      CAPTURE(blocks);
      const Resized done = must(resize_volume(image.file(), blocks * block_size, kSomeOptions));
      CHECK(done.new_size == blocks * block_size);
      CHECK(image.bytes().size() == blocks * block_size);
      CHECK(counted_free(image) == free + blocks - 300);
      const auto slots = image.slots();
      const RegionSlot& data = slots[image.slot_of("DATA")];
      CHECK(static_cast<uint64_t>(data.start + data.count) == blocks);
      check_clean(image.file());
      if (block_size >= 4096) CHECK(StrictReader(image.bytes()).validates());
    }
  }
}

TEST_CASE("growing past the end of the bitmap moves it, and allocated blocks stay allocated") {
  constexpr uint64_t kBitmapBits = 496 * 8;
  ImageBuilder image({512, kBitmapBits - 100, kAllModules});
  BlockRange run;
  {
    const auto volume = open_volume(image.file());
    run = commit_data(*volume, 5, 1);
    must(volume->close());
  }
  const uint64_t old_place = image.start("BMAP");
  must(resize_volume(image.file(), (4 * kBitmapBits + 9) * 512, kSomeOptions));
  CHECK(image.start("BMAP") != old_place);
  CHECK(image.slots()[image.slot_of("BMAP")].count == 5);
  check_clean(image.file());
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  CHECK_FALSE(must(volume->allocator().allocate_exactly(transaction, {run.begin, run.end})));
  CHECK(must(volume->allocator().allocate(transaction, 3 * kBitmapBits)).end <=
        4 * kBitmapBits + 9);
  must(volume->commit(transaction));
  must(volume->close());
  check_clean(image.file());
  CHECK(refused(image.file(), kBitmapBits * 512) == ErrorCode::kNoSpace);
}

TEST_CASE("the tail must be free to be cut off") {
  ImageBuilder image({512, 400, "none"});
  image.data_block(350, 1);
  const std::vector<uint8_t> before = image.bytes();
  CHECK(refused(image.file(), 350 * 512) == ErrorCode::kNoSpace);
  CHECK(image.bytes() == before);
  must(resize_volume(image.file(), 351 * 512, kSomeOptions));
  check_clean(image.file());
}

TEST_CASE("a region at the end keeps a volume from being cut there") {
  ImageBuilder image({512, 400, kAllModules});
  {
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    const size_t slot = image.slot_of("DATA");
    std::vector<RegionSlot>& slots = transaction.regions().raw_slots();
    slots.push_back({});
    const BlockRange run = must(volume->allocator().allocate(transaction, 3, 390));
    auto free = std::find_if(slots.begin(), slots.end(),
                             [](const RegionSlot& each) { return each.is_free(); });
    slots.pop_back();
    REQUIRE(free != slots.end());
    *free = slots[slot];
    slots[slot] = {make_block_type("DICT"), kRegionActive, static_cast<int64_t>(run.begin), 3, 0};
    must(volume->commit(transaction));
    must(volume->close());
  }
  CHECK(refused(image.file(), 392 * 512) == ErrorCode::kNoSpace);
  must(resize_volume(image.file(), 393 * 512, kSomeOptions));
}

TEST_CASE("sizes that no volume can have are refused before anything is written") {
  ImageBuilder image({512, 400, "none"});
  const std::vector<uint8_t> before = image.bytes();
  for (const uint64_t size : {uint64_t{0}, uint64_t{255 * 512}, uint64_t{400 * 512 + 1},
                              (uint64_t{64} << 40) + 512, UINT64_MAX})
    CHECK(refused(image.file(), size) == ErrorCode::kUsage);
  CHECK(refused(image.file(), 400 * 512) == ErrorCode::kUnchanged);
  CHECK(image.bytes() == before);
}

TEST_CASE("no other writer reads what lies after the volume") {
  ImageBuilder image({512, 300, "none"});
  for (const size_t size : {300u * 512 + 1, 500u * 512}) {
    image.bytes().resize(size);
    image.bytes().back() = 7;
    const std::vector<uint8_t> rest(image.bytes().begin() + 300 * 512, image.bytes().end());
    FaultyFile file(image.file(), 512, {300, (size - 1) / 512});
    must(set_label(file, "kept", kSomeOptions));
    CHECK(std::vector<uint8_t>(image.bytes().begin() + 300 * 512, image.bytes().end()) == rest);
    check_clean(image.file());
  }
}

TEST_CASE("a resize grows over zeros after the volume, and cuts them") {
  for (const uint64_t blocks : {256u, 299u, 301u, 400u, 500u, 600u}) {
    CAPTURE(blocks);
    ImageBuilder image({512, 300, "none"});
    image.bytes().resize(500 * 512 + 100);
    must(resize_volume(image.file(), blocks * 512, kSomeOptions));
    CHECK(image.bytes().size() == blocks * 512);
    check_clean(image.file());
  }
}

TEST_CASE("a resize that would grow over or cut something changes nothing") {
  for (const size_t at : {300u * 512, 300u * 512 + 1, 499u * 512, 500u * 512 + 99}) {
    CAPTURE(at);
    ImageBuilder image({512, 300, "none"});
    image.bytes().resize(500 * 512 + 100);
    image.bytes()[at] = 1;
    const std::vector<uint8_t> before = image.bytes();
    for (const uint64_t blocks : {256u, 301u, 600u}) {
      const auto result = resize_volume(image.file(), blocks * 512, kSomeOptions);
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().code == ErrorCode::kExists);
      CHECK(result.error().message ==
            fmt::format("contains data after the volume, which ends at byte 153600: byte {} is "
                        "not zero",
                        at));
      CHECK(image.bytes() == before);
    }
  }
}

TEST_CASE("on a device a resize checks the added bytes, and truncates nothing") {
  ImageBuilder image({512, 300, "none"});
  image.bytes().resize(500 * 512);
  image.bytes()[400 * 512] = 1;
  DeviceFile device(image.file());
  CHECK(refused(device, 401 * 512) == ErrorCode::kExists);
  CHECK(refused(device, 501 * 512) == ErrorCode::kExists);
  must(resize_volume(device, 400 * 512, kSomeOptions));
  CHECK(image.bytes().size() == 500 * 512);
  CHECK(image.bytes()[400 * 512] == 1);
  must(resize_volume(device, 300 * 512, kSomeOptions));
  CHECK(image.bytes()[400 * 512] == 1);
  image.bytes()[400 * 512] = 0;
  must(resize_volume(device, 500 * 512, kSomeOptions));
  CHECK(refused(device, 501 * 512) == ErrorCode::kNoSpace);
  check_clean(device);
}

TEST_CASE("the bytes that a smaller volume gives up are zero before the commit") {
  ImageBuilder image({512, 400, "none"});
  for (size_t at = 350 * 512; at < 400 * 512; ++at) image.bytes()[at] = 0xAB;
  FailingFile file(image.file());
  must(resize_volume(file, 350 * 512, kSomeOptions));
  const auto zeroed = std::ranges::find_if(
      file.log(), [](const LoggedCall& call) { return call.call == FileCall::kZero; });
  REQUIRE(zeroed != file.log().end());
  // The first two blocks share a sector with the last ones that stay.
  CHECK(zeroed->bytes == ByteRange{352 * 512, 400 * 512});
  CHECK(image.bytes().size() == 350 * 512);
}

TEST_CASE("a refused growth does not change the file size") {
  ImageBuilder image({512, 300, "none"});
  image.bytes().resize(450 * 512);
  image.flip(image.start("BMAP"), 3);
  CHECK(refused(image.file(), 400 * 512) == ErrorCode::kDamaged);
  CHECK(image.bytes().size() == 450 * 512);
}

TEST_CASE("a growth without room for its bitmap does not change the file size") {
  constexpr uint64_t kBitmapBits = 496 * 8;
  ImageBuilder image({512, 300, "none"});
  // More bitmap blocks than the volume has free blocks.
  CHECK(refused(image.file(), 300 * kBitmapBits * 512) == ErrorCode::kNoSpace);
  CHECK(image.bytes().size() == 300 * 512);
  check_clean(image.file());
}

TEST_CASE("the data area also grows over regions at the end of the volume") {
  ImageBuilder image({4096, 300, kAllModules});
  image.data_block(image.start("DATA"), 1);
  {
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    const size_t slot = image.slot_of("SNAP");
    must(grow_region(transaction, volume->allocator(), image.slot_of("CODE"), 6,
                     SpareKind::kZeroed));
    must(grow_region(transaction, volume->allocator(), slot, 9, SpareKind::kZeroed));
    must(volume->commit(transaction));
    must(volume->close());
  }
  REQUIRE(image.start("CODE") == 294);
  must(resize_volume(image.file(), 400 * 4096, kSomeOptions));
  const RegionSlot data = image.slots()[image.slot_of("DATA")];
  CHECK(data.start + data.count == 400);
  check_clean(image.file());
  // The region keeps the volume from shrinking past it.
  CHECK(refused(image.file(), 299 * 4096) == ErrorCode::kNoSpace);
  must(resize_volume(image.file(), 300 * 4096, kSomeOptions));
  check_clean(image.file());
}
