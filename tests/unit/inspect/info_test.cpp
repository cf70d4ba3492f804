#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr ImageShape kSmallImage{512, 256, "tags"};

Json info_of(ImageBuilder& image) {
  const Result<Json> info = image_info(image.file());
  REQUIRE(info.has_value());
  return *info;
}

}  // namespace

TEST_CASE("the text of a new image's info") {
  ImageBuilder image(kSmallImage);
  CHECK(info_text(info_of(image)) ==
        "file size              131072 bytes (128 KiB)\n"
        "block size             512 bytes\n"
        "superblock from        primary group\n"
        "superblock groups      primary ok, mirror ok\n"
        "directory              ok\n"
        "uuid                   00112233-4455-6677-8899-aabbccddeeff\n"
        "label                  damage\n"
        "modules                tags (0x8)\n"
        "total blocks           256\n"
        "free blocks            172\n"
        "allocated blocks       84\n"
        "expected file size     131072 bytes\n"
        "inode size             448 bytes\n"
        "created                2023-11-14T22:13:20.0000000Z\n"
        "modified               2023-11-14T22:13:20.0000000Z\n"
        "checkpoint sequence    1\n"
        "features               none\n"
        "counts                 tags 0\n"
        "regions from           pointer table\n"
        "  slot type flags  start count used state\n"
        "     0 SUPB active     0     4    4 ok\n"
        "     1 SUPB active     4     4    4 ok\n"
        "     2 RMAP active     8     2    2 ok\n"
        "     3 BMAP active    10     1    1 ok\n"
        "     4 INOD active    11     5    1 ok\n"
        "     5 MWAL active    16    64    1 ok\n"
        "     6 TAGI active    80     4    2 ok\n"
        "     7 DATA active    84   172    0 data\n");
}

TEST_CASE("set bits are shown by name, unknown ones by number") {
  ImageBuilder image(kSmallImage);
  image.superblock([](Superblock& superblock) {
    superblock.module_manifest = 1u << 3 | 1u << 31;
    superblock.incompatible_features = 1u << 8 | 1u << 9;
    superblock.readonly_compatible_features = 1u << 3;
    superblock.compatible_features = 1u << 6;
  });
  const std::string text = info_text(info_of(image));
  for (const char* line :
       {"modules                tags, semantic-wear-level (0x80000008)\n",
        "incompatible           preamble, bit 9 (0x300)\n",
        "readonly compatible    snapshot (0x8)\n", "compatible             dirty (0x40)\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("info says where the superblock's fields come from") {
  ImageBuilder image(kSmallImage);
  const auto source = [&] { return info_of(image)["superblock_source"].get<std::string>(); };
  CHECK(source() == "primary group");
  image.flip(2, 0);
  CHECK(source() == "mirror group");
  image.flip(5, 0);
  CHECK(source() == "block 0 alone");
  image.flip(0, 0x98);
  CHECK(source() == "block 4 alone");
  image.flip(4, 0x98);
  CHECK(source() == "block 0, unverified");
  CHECK(info_of(image)["slot_source"] == "directory");
  CHECK_FALSE(info_of(image)["superblock_verified"].get<bool>());
  image.flip(0, 0);
  CHECK(source() == "block 4, unverified");
  image.flip(4, 0);
  CHECK(source() == "none");
  CHECK(info_of(image)["superblock"].is_null());
}

TEST_CASE("the state of a region depends on its first block and its bounds") {
  ImageBuilder image(kSmallImage);
  const auto state = [&] { return info_of(image)["regions"][6]["state"].get<std::string>(); };
  CHECK(state() == "ok");
  image.flip(80, 0);
  CHECK(state() == "bad checksum");
  image.clear_trailer(80);
  CHECK(state() == "no trailer");
  image.wipe(80);
  CHECK(state() == "unwritten");
  image.write(80, "TAGI", "");
  CHECK(state() == "empty");
  image.set_tag(80, "SNAP");
  CHECK(state() == "type SNAP");
  image.slot(6, [](RegionSlot& slot) { slot.start = 253; });
  CHECK(state() == "outside the volume");
}

TEST_CASE("a label that is not UTF-8 comes as base64 in JSON and escaped in the text") {
  ImageBuilder image(kSmallImage);
  image.superblock([](Superblock& superblock) { superblock.label = Text<64>{{0xff, 0x01}}; });
  const Json info = info_of(image);
  CHECK(info["superblock"]["label_base64"] == "/wE=");
  CHECK_FALSE(info["superblock"].contains("label"));
  CHECK(info_text(info).find("label                  \\xff\\x01\n") != std::string::npos);
}

TEST_CASE("the region tables are shown one after the other, each with its state") {
  ImageBuilder image({512, 256, "none"});
  image.flip(5, 496 + 8).slot_in(8, 6, [](RegionSlot& slot) { slot.used = 9; });
  const auto regions = dump_regions(image.file());
  REQUIRE(regions.has_value());
  CHECK((*regions)["tables"][1]["verified"] == false);
  CHECK((*regions)["tables"][2]["slots"][6]["used"] == 9);
  const std::string text = regions_text(*regions);
  CHECK(
      text.starts_with("regions from the pointer table\n"
                       "  slot type flags  start count used state\n"
                       "     0 SUPB active     0     4    4 ok\n"));
  CHECK(
      text.ends_with("directory (block 8): ok\n"
                     "  slot type flags start count used\n"
                     "     0 SUPB     1     0     4    4\n"
                     "     1 SUPB     1     4     4    4\n"
                     "     2 RMAP     1     8     2    2\n"
                     "     3 BMAP     1    10     1    1\n"
                     "     4 INOD     1    11     5    1\n"
                     "     5 MWAL     1    16    64    1\n"
                     "     6 DATA     1    80   176    9\n"));
  CHECK(text.find("mirror pointer table (block 5): damaged\n") != std::string::npos);
}
