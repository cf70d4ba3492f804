#include "format/region_map.h"

#include "format/superblock.h"
#include "listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("a region slot's bytes") {
  const RegionSlot slot{block_types::kTagIndex, kRegionActive | kRegionWorm, 1099, 64, 3};
  CHECK(to_hex(bytes_of(kRegionSlotLayout, slot)) ==
        "49474154"
        "09000000"
        "4b04000000000000"
        "4000000000000000"
        "0300000000000000");
  CHECK(kRegionSlotLayout.decode(bytes_of(kRegionSlotLayout, slot)) == slot);
}

TEST_CASE("the directory header's bytes") {
  const DirectoryHeader header{1, 127, 10, 0, 0x1122334455667788};
  CHECK(to_hex(bytes_of(kDirectoryHeaderLayout, header)) == "01007f000a0000008877665544332211");
}

TEST_CASE("a block holds 127 slots, a small block as many as fit") {
  CHECK(slots_per_block(65536) == 127);
  CHECK(slots_per_block(4096) == 127);
  CHECK(slots_per_block(2048) == 63);
  CHECK(slots_per_block(512) == 15);
}

TEST_CASE("a slot is free if flags and type are zero") {
  CHECK(RegionSlot{}.is_free());
  CHECK(RegionSlot{BlockType{}, 0, 5, 6, 7}.is_free());
  CHECK_FALSE(RegionSlot{block_types::kData, 0, 0, 0, 0}.is_free());
  CHECK_FALSE(RegionSlot{BlockType{}, kRegionActive, 0, 0, 0}.is_free());
}

TEST_CASE("slots keep their positions, and the other bytes become zero") {
  std::vector<RegionSlot> slots(15);
  slots[0] = {block_types::kBitmap, 1, 10, 1, 0};
  slots[14] = {block_types::kData, 1, 11, 99, 0};
  std::vector<uint8_t> payload(payload_size(512), 0xEE);
  encode_slots(slots, payload);
  CHECK(decode_slots(payload) == slots);
  CHECK(to_hex(Bytes(payload).subspan(448, 4)) == "41544144");
  CHECK(all_zero(Bytes(payload).subspan(480)));
}

TEST_CASE("every sample's pointer table and directory are as listed") {
  for_samples_with("regions", [](const Sample& sample) {
    const auto& listing = sample.listing["regions"];
    for (const uint64_t block : {uint64_t{1}, kDirectoryStart}) {
      CAPTURE(block);
      const Bytes payload = sample.payload(block);
      const auto slots = decode_slots(payload);
      REQUIRE(slots.size() == 127);
      size_t listed = 0;
      for (size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].is_free()) continue;
        CAPTURE(i);
        REQUIRE(listed < listing.size());
        CHECK(listing[listed]["slot"] == i);
        check_listed(kRegionSlotLayout, payload.subspan(i * 32), listing[listed++], {"slot"});
      }
      CHECK(listed == listing.size());
      std::vector<uint8_t> again(payload.size(), 0xEE);
      encode_slots(slots, again);
      CHECK(std::equal(again.begin(), again.end(), payload.begin(), payload.end()));
    }
    const auto header = kDirectoryHeaderLayout.decode(sample.payload(9));
    CHECK(header == DirectoryHeader{1, 127, static_cast<uint16_t>(listing.size()), 0,
                                    checksum(sample.payload(8))});
  });
}
