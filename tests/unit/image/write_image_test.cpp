#include "image/write_image.h"

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

std::string hex(ImageBuilder& image, uint64_t block, size_t offset, size_t count) {
  return to_hex(image.block(block).subspan(offset, count));
}

bool zero(ImageBuilder& image, uint64_t block, size_t begin, size_t end) {
  return all_zero(image.block(block).subspan(begin, end - begin));
}

constexpr ImageShape kSmall{512, 256, "tags,snapshot,compute"};

}  // namespace

TEST_CASE("the superblock of a fresh image in 512-byte blocks, byte by byte") {
  ImageBuilder image(kSmall);
  CHECK(hex(image, 0, 0x00, 0x20) ==
        "44575644"                    // DWVD
        "02000100"                    // version 2.0, revision 1
        "64773a2f2f000000"            // dw://
        "02000200"                    // reader and writer 2
        "000000000000000000000000");  // features
  CHECK(hex(image, 0, 0x20, 0x14) ==
        "88100000"
        "0000000000000000"
        "0000000000000000");
  CHECK(hex(image, 0, 0x34, 0x24) ==
        "00020000"            // block size 512
        "0001000000000000"    // 256 blocks
        "a400000000000000"    // 164 free
        "0000020000000000"    // 131072 bytes
        "5c00000000000000");  // 92 allocated
  CHECK(hex(image, 0, 0x58, 16) == "33221100554477668899aabbccddeeff");
  CHECK(hex(image, 0, 0x78, 12) ==
        "00000100"
        "c0010000"
        "01000000");
  CHECK(hex(image, 0, 0x98, 8) == "64616d6167650000");  // the label, "damage"
  CHECK(hex(image, 0, 0xd8, 16) ==
        "0000e4e85ee5db08"
        "0000e4e85ee5db08");
  CHECK(hex(image, 0, 0xf0, 8) == "0100000000000000");  // the first checkpoint
  CHECK(zero(image, 0, 0x118, 496));
  CHECK(hex(image, 0, 496, 8) ==
        "42505553"
        "01000000");  // SUPB, generation 1
}

TEST_CASE("the groups are equal, with block types SUPB, RMAP, EXMD, IANT") {
  ImageBuilder image(kSmall);
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    CHECK(hex(image, i, 0, 512) == hex(image, kMirrorGroup + i, 0, 512));
  CHECK(hex(image, 1, 496, 8) ==
        "50414d52"
        "01000000");
  CHECK(hex(image, 2, 496, 8) ==
        "444d5845"
        "01000000");
  CHECK(hex(image, 3, 496, 8) ==
        "544e4149"
        "01000000");
  CHECK(zero(image, 2, 0, 496));
  // The anchor contains only the format's fingerprint.
  CHECK(zero(image, 3, 0, 296));
  CHECK(hex(image, 3, 296, 32) ==
        "5ed170ca1f471ee519b70093dd599ca343e3b0ba6b360a4f8b6f8c6673681d00");
  CHECK(zero(image, 3, 328, 496));
}

TEST_CASE("the pointer table and the directory hold the same slots") {
  ImageBuilder image(kSmall);
  CHECK(hex(image, 1, 0, 32) ==
        "42505553"
        "01000000"
        "0000000000000000"
        "0400000000000000"
        "0400000000000000");
  CHECK(hex(image, 1, 9 * 32, 32) ==
        "41544144"
        "01000000"
        "5c00000000000000"
        "a400000000000000"
        "0000000000000000");
  CHECK(zero(image, 1, 10 * 32, 496));
  CHECK(hex(image, 8, 0, 496) == hex(image, 1, 0, 496));
  CHECK(hex(image, 9, 0, 8) ==
        "0100"
        "0f00"
        "0a00"
        "0000");
  CHECK(load_le<uint64_t>(image.block(9), 8) == checksum(image.payload(8)));
  CHECK(zero(image, 9, 16, 496));
}

TEST_CASE("the directory says 127 slots if a block holds that many") {
  ImageBuilder image({4096, 256, "none"});
  CHECK(hex(image, 9, 0, 8) ==
        "0100"
        "7f00"
        "0700"
        "0000");
}

TEST_CASE("bitmap, inode layout, journal and tag index of a fresh image") {
  ImageBuilder image(kSmall);
  CHECK(hex(image, 10, 0, 12) == "ffffffffffffffffffffff0f");  // 92 ones
  CHECK(zero(image, 10, 12, 496));
  CHECK(hex(image, 11, 0, 15) ==
        "c0013001"
        "01080000"
        "03300188000101");
  CHECK(hex(image, 16, 0, 6) ==
        "0000"
        "01000000");
  CHECK(zero(image, 16, 6, 46));
  CHECK(hex(image, 16, 46, 16) ==
        "4000000000000000"
        "0100000000000000");
  CHECK(hex(image, 16, 62, 21) ==
        "0000e4e85ee5db08"
        "0000e4e85ee5db08"
        "00040000"
        "01");
  // vdetool's own mark: "VDEJRNL1", epoch 1, the UUID, a hash; nothing else.
  CHECK(zero(image, 16, 83, 96));
  CHECK(hex(image, 16, 96, 16) ==
        "5644454a524e4c31"
        "0100000000000000");
  CHECK(hex(image, 16, 112, 16) == hex(image, 0, 0x58, 16));
  CHECK(zero(image, 16, 136, 496));
  CHECK(zero(image, 17, 0, 512));
  // 2048 Bloom bits are what a payload of 496 bytes has room for.
  CHECK(hex(image, 80, 0, 16) ==
        "00000000"
        "0000"
        "00080000"
        "05"
        "0000000000");
  CHECK(hex(image, 81, 0, 4) == "01000000");
  CHECK(zero(image, 82, 0, 512));
}

TEST_CASE("every block of CODE and SNAP has a trailer, the data area is never written") {
  ImageBuilder image(kSmall);
  for (uint64_t block = 84; block < 92; ++block) {
    CHECK(zero(image, block, 0, 496));
    CHECK(UncheckedBlock(block, image.block(block)).state() == BlockState::kValid);
    CHECK(image.trailer(block).type == (block < 88 ? block_types::kCode : block_types::kSnapshots));
  }
  for (uint64_t block = 92; block < 256; ++block) CHECK(zero(image, block, 0, 512));
}

TEST_CASE("a bitmap of several blocks marks all allocated blocks") {
  // 32768 blocks of 512 bytes: 9 bitmap blocks of 3968 bits; 990 blocks are allocated.
  ImageBuilder image({512, 32768, kAllModules});
  const uint64_t allocated = image.start("DATA");
  uint64_t ones = 0;
  for (uint64_t block = 10; block < 19; ++block)
    for (const uint8_t byte : image.payload(block))
      for (unsigned bit = 0; bit < 8; ++bit) ones += byte >> bit & 1u;
  CHECK(ones == allocated);
}

TEST_CASE("the same plan makes the same bytes") {
  ImageBuilder one(kSmall);
  ImageBuilder two(kSmall);
  CHECK(one.bytes() == two.bytes());
}

TEST_CASE("writing stops on request") {
  CreateOptions options;
  options.size = uint64_t{256} * 4096;
  options.uuid.bytes[0] = 1;
  options.modules = *parse_modules("snapshot");
  Activity activity;
  activity.stop = true;
  MemoryFile file;
  const auto result = write_image(file, *plan_image(options), activity);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::kInterrupted);
  CHECK(all_zero(Bytes(file.bytes()).first(4096)));
}
