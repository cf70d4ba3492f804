#include "format/region/encryption_header.h"

#include "../listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

KeySlot example_slot(uint8_t index) {
  return {index,
          kKeySlotRetired,
          2,
          filled<64>(0x03),
          filled<32>(0x04),
          600000,
          1,
          0,
          Ticks{638700000000000001},
          Ticks{638700000000000006}};
}

struct Blocks {
  explicit Blocks(uint32_t block_size)
      : first(payload_size(block_size), 0xEE), second(payload_size(block_size), 0xEE) {}
  std::vector<uint8_t> first;
  std::vector<uint8_t> second;
};

}  // namespace

TEST_CASE("the bytes of header, key slot and key rotation") {
  CHECK(to_hex(bytes_of(kEncryptionHeaderLayout, EncryptionHeader{3, 1, 0x0203, {4, 5, 6, 7}})) ==
        "0301030204050607");
  CHECK(
      runs(bytes_of(kKeySlotLayout, KeySlot{0x01, 0x02, 0x0303, filled<64>(0x04), filled<32>(0x05),
                                            0x06060606, 0x0707, 0x0808, Ticks{0x0909090909090909},
                                            Ticks{0x0A0A0A0A0A0A0A0A}})) ==
      "01x1 02x1 03x2 04x64 05x32 06x4 07x2 08x2 09x8 0ax8");
  CHECK(
      to_hex(bytes_of(kKeyRotationLayout, KeyRotation{Ticks{638700000000000001}, 0, 1, 0x0203})) ==
      "01c00a1a441edd08"
      "00"
      "01"
      "0302");
  CHECK(to_hex(bytes_of(kEncryptionHeaderLayout, EncryptionHeader{})) == "ff00000000000000");
}

TEST_CASE("how many slots and rotations the two blocks hold") {
  const auto capacity = [](uint32_t block_size) {
    const EncryptionCapacity found = encryption_capacity(block_size);
    return std::vector<uint32_t>{found.first_slots, found.second_slots, found.rotations};
  };
  CHECK(capacity(512) == std::vector<uint32_t>{3, 4, 0});
  CHECK(capacity(1024) == std::vector<uint32_t>{8, 8, 1});
  CHECK(capacity(4096) == std::vector<uint32_t>{32, 31, 19});
  CHECK(capacity(8192) == std::vector<uint32_t>{63, 0, 681});
}

TEST_CASE("slots continue in the second block, followed by the rotations") {
  EncryptionTable table;
  table.header = {33, 1, 1, {}};
  for (uint8_t i = 0; i < 63; ++i) table.slots.push_back(example_slot(i));
  table.rotations = {{Ticks{5}, 32, 33, 2}};
  Blocks blocks(4096);
  REQUIRE(encode_encryption(table, blocks.first, blocks.second).has_value());
  CHECK(to_hex(Bytes(blocks.first).first(12)) ==
        "21010100"
        "00000000"
        "00020200");
  CHECK(to_hex(Bytes(blocks.first).subspan(8 + 31 * 124, 2)) == "1f02");
  CHECK(all_zero(Bytes(blocks.first).subspan(8 + 32 * 124)));
  CHECK(to_hex(Bytes(blocks.second).first(2)) == "2002");
  CHECK(to_hex(Bytes(blocks.second).subspan(31 * 124, 12)) ==
        "0500000000000000"
        "20"
        "21"
        "0200");
  CHECK(all_zero(Bytes(blocks.second).subspan(31 * 124 + 12)));
  CHECK(*decode_encryption(blocks.first, blocks.second) == table);
}

TEST_CASE("the sample's key slots and rotations are as listed") {
  for_samples_with("encryption_header", [](const Sample& sample) {
    const auto& listing = sample.listing["encryption_header"];
    const Bytes first = sample.payload("ENCR", 0);
    const Bytes second = sample.payload("ENCR", 1);
    check_listed(kEncryptionHeaderLayout, first, listing, {"slots", "rotations"});
    const auto table = decode_encryption(first, second);
    REQUIRE(table.has_value());
    REQUIRE(table->slots.size() == kMaxKeySlots);
    for (size_t i = 0; i < kMaxKeySlots; ++i) {
      CAPTURE(i);
      if (i < listing["slots"].size())
        check_listed(kKeySlotLayout, bytes_of(kKeySlotLayout, table->slots[i]),
                     listing["slots"][i]);
      else
        CHECK(table->slots[i] == KeySlot{});
    }
    REQUIRE(table->rotations.size() == listing["rotations"].size());
    for (size_t i = 0; i < table->rotations.size(); ++i)
      check_listed(kKeyRotationLayout, bytes_of(kKeyRotationLayout, table->rotations[i]),
                   listing["rotations"][i]);
    Blocks again(sample.block_size);
    REQUIRE(encode_encryption(*table, again.first, again.second).has_value());
    CHECK(to_hex(again.first) == to_hex(first));
    CHECK(to_hex(again.second) == to_hex(second));
  });
}

TEST_CASE("more rotations than fit are refused, read and written") {
  std::vector<uint8_t> first(4080, 0);
  const std::vector<uint8_t> second(4080, 0);
  for (const uint16_t count : {uint16_t{20}, uint16_t{32767}, uint16_t{65535}}) {
    store_le(first, 2, count);
    CHECK(decode_encryption(first, second).error().code == ErrorCode::kDamaged);
  }
  store_le<uint16_t>(first, 2, 19);
  CHECK(decode_encryption(first, second)->rotations.size() == 19);

  EncryptionTable table;
  table.rotations.resize(20);
  Blocks blocks(4096);
  CHECK(encode_encryption(table, blocks.first, blocks.second).error().code == ErrorCode::kNoSpace);
  table.rotations.clear();
  table.slots.resize(64);
  CHECK(encode_encryption(table, blocks.first, blocks.second).error().code == ErrorCode::kNoSpace);
  CHECK(runs(blocks.first) == "eex4080");
}

TEST_CASE("blocks of any length are read within their bounds") {
  std::vector<uint8_t> block(2000, 0);
  for (size_t size = 0; size <= block.size(); ++size) {
    CAPTURE(size);
    const auto cut = prefix(block, size);
    const auto table = decode_encryption(cut, cut);
    CHECK(table.has_value() == (size >= 8));
    if (size > 0) CHECK_FALSE(decode_encryption(cut, prefix(block, size - 1)).has_value());
  }
}
