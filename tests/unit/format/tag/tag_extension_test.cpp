// The record that vdetool keeps after the Bloom bits of block 0, and free nodes.
#include "format/tag/tag_extension.h"

#include "../listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

TagExtension example_extension() {
  TagExtension extension;
  extension.flags = kTagEqualKeysSorted;
  extension.filter_start = 9;
  extension.filter_lines = 65538;
  extension.filter_limit = 0x1122334455667788;
  extension.filter_keys = 5;
  extension.free_head = 12;
  extension.free_count = 3;
  extension.high_water = 77;
  return extension;
}

constexpr std::string_view kExtensionBytes =
    "7664655441474900"
    "01000000"
    "01000000"
    "09000000"
    "02000100"
    "8877665544332211"
    "0500000000000000"
    "0c000000"
    "03000000"
    "4d000000"
    "00000000"
    "89f8ba1d3ce5bbef";

// Block 0 of an index whose filter has `bits` bits, with ones after the header.
std::vector<uint8_t> head_of_index(size_t payload_bytes, int32_t bits) {
  std::vector<uint8_t> payload(payload_bytes, 0xFF);
  TagIndexHeader header;
  header.bloom_bits = bits;
  kTagIndexHeaderLayout.encode(header, payload);
  return payload;
}

}  // namespace

TEST_CASE("the extension record is the last 64 bytes of the payload, hashed by XXH64") {
  auto payload = head_of_index(4080, 8192);
  const auto before = payload;
  encode_tag_extension(example_extension(), payload);
  CHECK(to_hex(Bytes(payload).last(64)) == kExtensionBytes);
  CHECK(std::equal(payload.begin(), payload.end() - 64, before.begin()));
  TagExtension read = example_extension();
  read.hash = 0xefbbe53c1dbaf889;
  CHECK(decode_tag_extension(payload) == read);
}

TEST_CASE("a record with any changed bit is ignored") {
  auto payload = head_of_index(496, 2048);
  encode_tag_extension(example_extension(), payload);
  REQUIRE(decode_tag_extension(payload).has_value());
  for (size_t bit = 0; bit < 64 * 8; ++bit) {
    auto changed = payload;
    uint8_t& byte = changed[496 - 64 + bit / 8];
    byte = static_cast<uint8_t>(byte ^ 1u << (bit % 8));
    CAPTURE(bit);
    CHECK_FALSE(decode_tag_extension(changed).has_value());
  }
}

TEST_CASE("a record with another mark or version is ignored, even with the right hash") {
  auto payload = head_of_index(496, 2048);
  TagExtension extension = example_extension();
  extension.version = 2;
  encode_tag_extension(extension, payload);
  CHECK_FALSE(decode_tag_extension(payload).has_value());
  extension = example_extension();
  extension.mark[7] = 1;
  encode_tag_extension(extension, payload);
  CHECK_FALSE(decode_tag_extension(payload).has_value());
}

TEST_CASE("zeros, as the SDK leaves them, are not a record") {
  auto payload = head_of_index(496, 2048);
  std::fill(payload.begin() + 16, payload.end(), uint8_t{0});
  CHECK_FALSE(decode_tag_extension(payload).has_value());
}

TEST_CASE("a record that overlaps Bloom bits is ignored") {
  // 496 bytes: 16 of the header, 64 of the record, 416 bytes of 3328 bits between them.
  for (const int32_t bits : {1, 3328, 3329, 3840, 0x7FFFFFFF, -1, 0}) {
    auto payload = head_of_index(496, bits);
    encode_tag_extension(example_extension(), payload);
    CAPTURE(bits);
    CHECK(decode_tag_extension(payload).has_value() == (bits >= 0 && bits <= 3328));
    CHECK(tag_extension_fits(512, bits) == (bits >= 0 && bits <= 3328));
  }
}

TEST_CASE("numbers of the record are not checked") {
  TagExtension extension;
  extension.filter_start = UINT32_MAX;
  extension.filter_lines = UINT32_MAX;
  extension.filter_limit = UINT64_MAX;
  extension.free_head = INT32_MIN;
  extension.free_count = UINT32_MAX;
  extension.high_water = UINT32_MAX;
  auto payload = head_of_index(496, 2048);
  encode_tag_extension(extension, payload);
  auto read = decode_tag_extension(payload);
  REQUIRE(read.has_value());
  read->hash = 0;
  CHECK(*read == extension);
}

TEST_CASE("a free node is seven bytes and zeros") {
  std::vector<uint8_t> payload(496, 0xEE);
  encode_free_tag_node(0x01020304, payload);
  CHECK(to_hex(Bytes(payload).first(8)) == "0000000403020100");
  CHECK(all_zero(Bytes(payload).subspan(7)));
  CHECK(decode_free_tag_node(payload) == 0x01020304);
  encode_free_tag_node(-1, payload);
  CHECK(decode_free_tag_node(payload) == -1);
  for (const size_t at : {0u, 1u, 2u, 7u, 495u}) {
    auto other = payload;
    other[at] = 1;
    CAPTURE(at);
    CHECK_FALSE(decode_free_tag_node(other).has_value());
  }
}
