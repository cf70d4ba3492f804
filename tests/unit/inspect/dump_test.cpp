#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr ImageShape kSmall{512, 256, "tags"};

BlockSelection one_block(uint64_t block) {
  BlockSelection selection;
  selection.kind = BlockSelection::Kind::kBlocks;
  selection.blocks = {block, block + 1};
  return selection;
}

BlockSelection region(std::string tag) {
  BlockSelection selection;
  selection.kind = BlockSelection::Kind::kRegion;
  selection.region = std::move(tag);
  return selection;
}

std::string text_of(ImageBuilder& image, uint64_t block) {
  std::string text;
  const auto result =
      dump_blocks(image.file(), one_block(block), Activity{}, [&](const Json& json) {
        text += block_text(json);
        return Result<void>();
      });
  return result ? text : result.error().message;
}

// The numbers of the blocks that a selection shows, or the error.
std::string shown(ImageBuilder& image, const BlockSelection& selection) {
  std::string numbers;
  const auto result = dump_blocks(image.file(), selection, Activity{}, [&](const Json& json) {
    numbers += (numbers.empty() ? "" : " ") + json["block"].dump();
    return Result<void>();
  });
  return result ? numbers : result.error().message;
}

std::string offset_text_of(ImageBuilder& image, uint64_t offset) {
  const auto explanation = dump_offset(image.file(), {{}, offset});
  return explanation ? offset_text(*explanation) : explanation.error().message;
}

}  // namespace

TEST_CASE("a block's text: owner, trailer and whether it matches, fields with offset and width") {
  ImageBuilder image(kSmall);
  CHECK(text_of(image, 11) ==
        "block 11 (offset 0x1600)\n"
        "  owner: INOD (slot 4), block 0 of 5\n"
        "  trailer: type INOD, generation 1, checksum 0e1c467a16aa2db8: ok\n"
        "  inode layout\n"
        "  0x0000    2  inode_size                     448\n"
        "  0x0002    2  core_end                       304\n"
        "  0x0004    1  field_count                    1\n"
        "  0x0005    1  padding                        8\n"
        "  0x0006    2  reserved                       0\n"
        "  inode module field\n"
        "  0x0008    1  module                         3\n"
        "  0x0009    2  offset                         304\n"
        "  0x000b    2  size                           136\n"
        "  0x000d    1  version                        1\n"
        "  0x000e    1  flags                          1\n");
}

TEST_CASE("the bitmap shows as runs of allocated blocks") {
  ImageBuilder image(kSmall);
  image.bits(200, 202, true);
  const std::string text = text_of(image, 10);
  CHECK(text.find("  0x0000  496  allocated                      86\n"
                  "  0x0000  496  allocated_runs                 0-83, 200-201\n") !=
        std::string::npos);
}

TEST_CASE("a damaged block is shown with a warning") {
  ImageBuilder image(kSmall);
  image.flip(81, 0);
  CHECK(text_of(image, 81) ==
        "block 81 (offset 0xa200)\n"
        "  owner: TAGI (slot 6), block 1 of 4\n"
        "  trailer: type TAGI, generation 1, checksum ec6bd0ee91715c27: bad checksum (the payload "
        "has "
        "b099d0695375ea02)\n"
        "  NOT VERIFIED: the checksum does not match; the values below may be wrong\n"
        "  tag inner node\n"
        "  0x0000    1  kind                           0\n"
        "  0x0001    2  key_count                      0\n"
        "  0x0003  child 0\n");
}

TEST_CASE("a block type that is not printable is escaped once") {
  ImageBuilder image(kSmall);
  CHECK(text_of(image, 83) ==
        "block 83 (offset 0xa600)\n"
        "  owner: TAGI (slot 6), block 3 of 4\n"
        "  trailer: type \\0\\0\\0\\0, generation 0, checksum 0000000000000000: unwritten\n");
  image.slot(7, [](RegionSlot& slot) { slot.type = BlockType{0xFF000041}; });
  CHECK(text_of(image, 8).find("  0x00e0    4  tag                            \\xff\\0\\0A\n") !=
        std::string::npos);
}

TEST_CASE("a type that does not match the region is reported, and used for decoding") {
  ImageBuilder image(kSmall);
  image.clear_payload(81).rehash(81).set_tag(81, "IANT");
  const std::string text = text_of(image, 81);
  CHECK(text.find(": ok, the type does not match the region\n  integrity anchor\n") !=
        std::string::npos);
}

TEST_CASE("data has no structure and shows as bytes, repeated lines once") {
  ImageBuilder image(kSmall);
  image.data_block(100, 'A');
  CHECK(text_of(image, 100) ==
        "block 100 (offset 0xc800)\n"
        "  owner: the data area DATA (slot 7), block 16 of 172\n"
        "  trailer: type DATA, generation 1, checksum e9e5d340c3507e66: ok\n"
        "0000c800  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|\n"
        "*\n"
        "0000c9e0  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|\n");
}

TEST_CASE("a region's dump shows only its written blocks") {
  ImageBuilder image(kSmall);
  CHECK(shown(image, region("TAGI")) == "80 81");
  CHECK(shown(image, region("SUPB")) == "0 1 2 3 4 5 6 7");
  CHECK(shown(image, region("DATA")) == "");
  CHECK(shown(image, region("SNAP")) == "there is no region SNAP");
  CHECK(shown(image, BlockSelection{}) == "0");
}

TEST_CASE("blocks that the file does not have are refused") {
  ImageBuilder image(kSmall);
  CHECK(shown(image, one_block(255)) == "255");
  CHECK(shown(image, one_block(256)) == "there is no block 256");
  const auto error = dump_raw(image.file(), one_block(256), Activity{}, [](uint64_t, Bytes) {
                       return Result<void>();
                     }).error();
  CHECK(error.code == ErrorCode::kUsage);
  CHECK(error.hint == "the file has 256 blocks of 512 bytes");
}

TEST_CASE("a raw dump returns the bytes of the blocks") {
  ImageBuilder image(kSmall);
  std::vector<uint8_t> bytes;
  CHECK(dump_raw(image.file(), region("TAGI"), Activity{}, [&](uint64_t offset, Bytes block) {
          CHECK(offset == 80 * 512 + bytes.size());
          bytes.insert(bytes.end(), block.begin(), block.end());
          return Result<void>();
        }).has_value());
  REQUIRE(bytes.size() == 1024);
  CHECK(std::equal(bytes.begin(), bytes.end(), image.bytes().begin() + 80 * 512));
}

TEST_CASE("a byte is explained by block, structure, field and value") {
  ImageBuilder image(kSmall);
  CHECK(offset_text_of(image, 11 * 512 + 10) ==
        "byte 5642 = 0x01, offset 10 in block 11 (payload)\n"
        "  owner: INOD (slot 4), block 0 of 5\n"
        "  trailer: type INOD, generation 1, checksum 0e1c467a16aa2db8: ok\n"
        "  inode module field\n"
        "  0x0009    2  offset                         304\n"
        "  byte 2 of 2 of field 'offset'\n");
  CHECK(offset_text_of(image, 11 * 512 + 500) ==
        "byte 6132 = 0x01, offset 500 in block 11 (trailer)\n"
        "  owner: INOD (slot 4), block 0 of 5\n"
        "  trailer: type INOD, generation 1, checksum 0e1c467a16aa2db8: ok\n"
        "  not covered by the checksum\n"
        "  trailer\n"
        "  0x01f4    4  generation                     1\n"
        "  byte 1 of 4 of field 'generation'\n");
  CHECK(offset_text_of(image, 11 * 512 + 100)
            .ends_with("  not part of any field: unused payload 0x000f-0x01ef, all zero\n"));
  CHECK(offset_text_of(image, 256 * 512) == "there is no byte 131072");
}

TEST_CASE("a byte of the bitmap is explained by its eight blocks") {
  ImageBuilder image(kSmall);
  image.bits(201, 203, true);
  CHECK(offset_text_of(image, 10 * 512 + 25)
            .ends_with("  allocation bitmap\n"
                       "  0x0019    1  allocated of 200 to 207        201, 202\n"));
}

TEST_CASE("a byte of a damaged block is explained with a warning") {
  ImageBuilder image(kSmall);
  image.flip(81, 1);
  const std::string text = offset_text_of(image, 81 * 512 + 1);
  CHECK(text.find("  NOT VERIFIED: the checksum does not match; the values below may be wrong\n") !=
        std::string::npos);
  CHECK(text.find("owner: TAGI (slot 6), block 1 of 4") != std::string::npos);
  // The fixed blocks of the image are lost except for two without a trailer.
  image.wipe({2, 10});
  image.clear_trailer(0).clear_trailer(1);
  CHECK(offset_text_of(image, 0x34).find("0x0034    4  block_size") != std::string::npos);
}

TEST_CASE(
    "every byte of an image has an explanation, except the one after the last complete block") {
  ImageBuilder image({512, 256, kAllModules});
  image.bytes().push_back(1);
  for (const uint64_t block : image.written_blocks())
    for (uint64_t at = block * 512; at < (block + 1) * 512; ++at) {
      const auto explanation = dump_offset(image.file(), {{}, at});
      REQUIRE(explanation.has_value());
      CHECK((*explanation)["value"] == image.bytes()[at]);
      CHECK((*explanation)["field"].is_null() != (*explanation)["gap"].is_null());
    }
  CHECK(offset_text_of(image, 256 * 512) == "byte 131072 is after the last complete block");
  CHECK(offset_text_of(image, 256 * 512 + 1) == "there is no byte 131073");
}

TEST_CASE("hex_dump: sixteen bytes per line; the last line is always shown") {
  CHECK(hex_dump(0, Bytes{}) == "");
  const std::vector<uint8_t> few = {0x44, 0x57, 0x00, 0x7f, 0x20, 0x7e, 0x80};
  CHECK(hex_dump(16, few) ==
        "00000010  44 57 00 7f 20 7e 80                              |DW.. ~.|\n");
  const std::vector<uint8_t> zeros(50);
  CHECK(hex_dump(0, zeros) ==
        "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
        "*\n"
        "00000030  00 00                                             |..|\n");
}
