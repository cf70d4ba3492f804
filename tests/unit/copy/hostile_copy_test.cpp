// Images whose numbers lie, and files that fail.
#include <doctest/doctest.h>

#include <chrono>

#include "copy_in_memory.h"
#include "image/write_image.h"
#include "support/effort.h"
#include "support/files/sparse_file.h"
#include "support/image_builder.h"
#include "support/try_open.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr CopyContent kContents[] = {CopyContent::kAll, CopyContent::kMetadata,
                                     CopyContent::kScrubbed};

// Every copy ends, with a result or an error.
void copy_in_every_way(MemoryFile& file) {
  for (const CopyContent content : kContents) {
    const auto copy = try_copy(file, content);
    if (content == CopyContent::kScrubbed && copy)
      CHECK(find_secret(copy->bytes) == std::string::npos);
  }
}

}  // namespace

TEST_CASE("counts and lengths that lie end no copy of metadata, and reveal nothing") {
  for (const std::string_view region : {"BMAP", "INOD", "MWAL", "TAGI", "CODE", "MTRK", "SNAP"})
    for (const uint8_t fill : {uint8_t{0x7F}, uint8_t{0xFF}, uint8_t{0x01}}) {
      CAPTURE(std::string(region));
      CAPTURE(fill);
      ImageBuilder image;
      const uint64_t start = image.start(region);
      std::fill_n(image.payload(start).begin(), 16, fill);
      for (uint64_t block = start; block < start + 4; ++block) {
        hide_secret(image.payload(block).subspan(16));
        image.set_tag(block, region).rehash(block);
      }
      for (const CopyContent content : kContents) (void)try_copy(image.file(), content);
    }
}

TEST_CASE("regions that overlap, repeat, or lie over the fixed blocks") {
  for (const int64_t start : {0, 1, 8, 9, 10, 76, 84, 255, 256, -1})
    for (const int64_t count : {int64_t{1}, int64_t{4}, int64_t{200}, INT64_MAX}) {
      CAPTURE(start);
      CAPTURE(count);
      ImageBuilder image;
      hide_secret(image.payload(93));
      image.data_block(200, 0x42);
      image.slot(image.slot_of("SNAP"), [&](RegionSlot& slot) {
        slot.start = start;
        slot.count = count;
      });
      copy_in_every_way(image.file());
    }
}

TEST_CASE("every block count of the superblock") {
  for (const int64_t total : {int64_t{-1}, int64_t{0}, int64_t{9}, int64_t{255}, int64_t{257},
                              int64_t{1} << 46, INT64_MAX}) {
    CAPTURE(total);
    ImageBuilder image;
    hide_secret(image.payload(10).subspan(32));
    image.rehash(10);
    image.superblock([&](Superblock& superblock) { superblock.total_blocks = total; });
    for (const CopyContent content : kContents) (void)try_copy(image.file(), content);
  }
}

TEST_CASE("files that are cut off: no complete copy") {
  const std::vector<uint8_t> whole = ImageBuilder().bytes();
  for (const size_t size :
       {size_t{0}, size_t{100}, size_t{4096}, 10 * 4096ul, 50 * 4096ul + 7, whole.size() - 1}) {
    CAPTURE(size);
    std::vector<uint8_t> bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    MemoryFile file(std::move(bytes));
    CHECK_FALSE(try_copy(file, CopyContent::kAll).has_value());
    (void)try_copy(file, CopyContent::kMetadata);
    (void)try_copy(file, CopyContent::kScrubbed);
  }
}

namespace {

// A volume of 64 TiB with one block of data near its end.
void make_huge(SparseFile& file) {
  CreateOptions options;
  options.size = kMaxVolumeBytes;
  options.uuid = Guid{{1, 2, 3}};
  options.modules = must(parse_modules("tags,snapshot,compute,integrity"));
  options.now = kSomeOptions.now;
  Activity activity;
  must(write_image(file, must(plan_image(options)), activity));
  std::vector<uint8_t> block(4096, 0x55);
  write_trailer(block, block_types::kData, 1);
  must(file.write(kMaxVolumeBytes - 40 * 4096, block));
}

}  // namespace

TEST_CASE("a sparse volume of 64 TiB is copied in seconds, and stays sparse") {
  SparseFile image;
  make_huge(image);
  for (const CopyContent content : kContents) {
    const auto start = std::chrono::steady_clock::now();
    SparseFile to;
    must(to.resize(kMaxVolumeBytes));
    Activity activity;
    const auto source = must(CopySource::open(image, activity));
    CopySummary summary;
    bool failed_to = false;
    if (content == CopyContent::kAll)
      must(copy_verified(*source, to, summary, failed_to));
    else
      must(copy_metadata(*source, to, content == CopyContent::kScrubbed, {}, summary, failed_to));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10 * kSlowness));
    CHECK(to.stored() <= image.stored());
    CHECK(must(to.size()) == kMaxVolumeBytes);
    if (content == CopyContent::kAll) CHECK(to.stored() == image.stored());
  }
}
