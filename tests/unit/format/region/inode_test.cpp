#include "format/region/inode.h"

#include "../listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

std::string made(uint32_t manifest) {
  std::vector<uint8_t> payload(payload_size(512), 0xEE);
  encode_inode_layout(make_inode_layout(manifest), payload);
  const size_t size = 8 + size_t{payload[4]} * 7;
  CHECK(all_zero(Bytes(payload).subspan(size)));
  return to_hex(Bytes(payload).first(size));
}

}  // namespace

TEST_CASE("an inode layout's bytes follow from the manifest") {
  CHECK(made(0x0) == "4001300100100000");
  CHECK(made(0x1088) ==
        "c001300101080000"
        "03300188000101");
  CHECK(made(0x1889) ==
        "0002300102300000"
        "00300118000101"
        "03480188000101");
  CHECK(made(0x7FFFF) ==
        "400230010c350000"
        "00300118000101"
        "0148010c000101"
        "0254010c000101"
        "03600188000101"
        "04e80108000101"
        "05f00104000101"
        "06f40108000101"
        "0afc0104000101"
        "0d000204000101"
        "0e040202000101"
        "0f060204000101"
        "100a0201000101");
}

TEST_CASE("features of later revisions have their bytes in the inode layout, too") {
  CHECK(made(1u << 19 | 0x8) ==
        "0002300102180000"
        "03300188000101"
        "13b80130000101");
}

TEST_CASE("every sample's inode layout matches its manifest") {
  for_samples_with("superblock", [](const Sample& sample) {
    const Bytes payload = sample.payload("INOD", 0);
    const auto layout = decode_inode_layout(payload);
    REQUIRE(layout.has_value());
    std::vector<uint8_t> again(payload.size(), 0xEE);
    encode_inode_layout(*layout, again);
    CHECK(std::equal(again.begin(), again.end(), payload.begin(), payload.end()));
    // When the SDK adds a module to an existing image, it does not change the inode table.
    const bool module_added = sample.listing["image"] == "online-add-tags.dwvd.gz";
    const auto& superblock = sample.listing["superblock"];
    const uint32_t manifest = module_added ? 0 : superblock["module_manifest"].get<uint32_t>();
    CHECK(*layout == make_inode_layout(manifest));
    if (!module_added) CHECK(layout->header.inode_size == superblock["inode_size"]);
  });
}

TEST_CASE("an inode layout that runs past its block is refused") {
  std::vector<uint8_t> payload(payload_size(512), 0);
  encode_inode_layout(make_inode_layout(0x7FFFF), payload);
  for (size_t size = 0; size <= payload.size(); ++size) {
    CAPTURE(size);
    CHECK(decode_inode_layout(prefix(payload, size)).has_value() == (size >= 8 + 12 * 7));
  }
  payload[4] = 255;
  CHECK(decode_inode_layout(payload).error().message ==
        "the inode layout's 255 module fields run past their block");
}

TEST_CASE("an inode's bytes") {
  InodeCore inode{0x0101010101010101,
                  2,
                  kInodeWorm,
                  0x0303,
                  0x05050505,
                  Guid{filled<16>(0x06)},
                  0x0707070707070707,
                  0x0808080808080808,
                  Ticks{0x0909090909090909},
                  Ticks{0x0A0A0A0A0A0A0A0A},
                  Ticks{0x0B0B0B0B0B0B0B0B},
                  Ticks{0x0C0C0C0C0C0C0C0C},
                  0x0D0D0D0D,
                  filled<192>(0x0E),
                  0x0F0F0F0F0F0F0F0F,
                  0x1010101010101010,
                  0x1111111111111111,
                  filled<4>(0x12)};
  CHECK(runs(bytes_of(kInodeCoreLayout, inode)) ==
        "01x8 02x1 04x1 03x2 05x4 06x16 07x8 08x8 09x8 0ax8 0bx8 0cx8 0dx4 0ex192 0fx8 10x8 11x8 "
        "12x4");
  CHECK(kInodeCoreLayout.decode(bytes_of(kInodeCoreLayout, inode)) == inode);
}

TEST_CASE("an inode's eight extents are consecutive") {
  const InodeExtent extent{0x1122, 3, kExtentHole | kExtentShared, 4096};
  CHECK(to_hex(bytes_of(kInodeExtentLayout, extent)) ==
        "2211000000000000"
        "03000000"
        "18000000"
        "0010000000000000");
  std::array<InodeExtent, kInodeExtents> extents{};
  extents[0] = extent;
  extents[7] = {7, 1, 0, -1};
  InodeCore inode;
  set_inode_extents(inode, extents);
  CHECK(inode_extents(inode) == extents);
  CHECK(to_hex(Bytes(inode.extents).subspan(168)) ==
        "0700000000000000"
        "01000000"
        "00000000"
        "ffffffffffffffff");
}
