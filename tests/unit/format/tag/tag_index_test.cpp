#include "format/tag/tag_index.h"

#include "../listing.h"
#include "tag_example.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

TagNode example_leaf() {
  TagNode node;
  node.entries = example_tags();
  node.next_leaf = 5;
  return node;
}

TagNode example_inner() {
  TagNode node;
  node.leaf = false;
  node.keys = {"m", "zz"};
  node.children = {2, 3, 4};
  return node;
}

std::vector<uint8_t> encoded(const TagNode& node, size_t size) {
  std::vector<uint8_t> payload(size, 0xEE);
  REQUIRE(encode_tag_node(node, payload).has_value());
  return payload;
}

}  // namespace

TEST_CASE("the tag index header's bytes") {
  const TagIndexHeader header{900, 2, 4099, 3, {1, 2, 3, 4, 5}};
  CHECK(to_hex(bytes_of(kTagIndexHeaderLayout, header)) ==
        "84030000"
        "0200"
        "03100000"
        "03"
        "0102030405");
  CHECK(kTagIndexHeaderLayout.decode(bytes_of(kTagIndexHeaderLayout, header)) == header);
  CHECK(to_hex(bytes_of(kTagIndexHeaderLayout, TagIndexHeader{})) ==
        "00000000"
        "0000"
        "00200000"
        "05"
        "0000000000");
}

TEST_CASE("a leaf is its entries and, in the last four bytes, the next leaf") {
  const auto payload = encoded(example_leaf(), 496);
  CHECK(to_hex(Bytes(payload).first(kExampleTagsEnd)) == kExampleTagBytes);
  CHECK(all_zero(Bytes(payload).subspan(kExampleTagsEnd, 496 - kExampleTagsEnd - 4)));
  CHECK(to_hex(Bytes(payload).last(4)) == "05000000");
  CHECK(encoded_size(example_leaf()) == kExampleTagsEnd + 4);
  CHECK(*decode_tag_node(payload) == example_leaf());
}

TEST_CASE("an inner node is its keys, then its children") {
  const auto payload = encoded(example_inner(), 496);
  CHECK(to_hex(Bytes(payload).first(20)) ==
        "00"
        "0200"
        "01"
        "6d"
        "02"
        "7a7a"
        "02000000"
        "03000000"
        "04000000");
  CHECK(all_zero(Bytes(payload).subspan(20)));
  CHECK(encoded_size(example_inner()) == 20);
  CHECK(*decode_tag_node(payload) == example_inner());
}

TEST_CASE("an all-zero payload and a free node read as inner nodes without keys") {
  std::vector<uint8_t> payload(496, 0);
  TagNode node;
  node.leaf = false;
  node.children = {0};
  CHECK(*decode_tag_node(payload) == node);
  payload[3] = 9;
  node.children = {9};
  CHECK(*decode_tag_node(payload) == node);
}

TEST_CASE("a node cut short is refused at every length") {
  for (const TagNode& node : {example_leaf(), example_inner()}) {
    const auto payload = encoded(node, 496);
    for (size_t size = 0; size <= payload.size(); ++size) {
      CAPTURE(size);
      const auto cut = prefix(payload, size);
      CHECK(decode_tag_node(cut).has_value() == (size >= encoded_size(node)));
    }
  }
}

TEST_CASE("an entry that reaches into the next leaf's number is refused") {
  TagNode node;
  node.entries = {{std::string(20, 'k'), std::string(20, 'v'), 1, 2}};
  auto payload = encoded(node, encoded_size(node));
  CHECK(decode_tag_node(payload).has_value());
  ++payload[3];
  CHECK(decode_tag_node(payload).error().message ==
        "entry 1 of 1 of a tag leaf runs past its block");
}

TEST_CASE("invalid counts and types are refused") {
  auto leaf = encoded(example_leaf(), 496);
  auto inner = encoded(example_inner(), 496);
  for (auto* payload : {&leaf, &inner}) {
    for (const uint16_t count : {uint16_t{63}, uint16_t{32767}, uint16_t{65535}}) {
      store_le(*payload, 1, count);
      CHECK(decode_tag_node(*payload).error().message ==
            "a tag node claims " + std::to_string(count) + " keys, its block allows 62");
    }
  }
  store_le<uint16_t>(leaf, 1, 62);
  CHECK(decode_tag_node(leaf).error().code == ErrorCode::kDamaged);
  for (const uint8_t type : {uint8_t{2}, uint8_t{128}, uint8_t{255}}) {
    leaf[0] = type;
    CHECK(decode_tag_node(leaf).error().code == ErrorCode::kDamaged);
  }
}

TEST_CASE("a node of random bytes is refused or encoded again unchanged, never overread") {
  std::vector<uint8_t> original = encoded(example_leaf(), 64);
  for (size_t at = 0; at < original.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      auto payload = prefix(original, original.size());
      payload[at] = static_cast<uint8_t>(value);
      const auto node = decode_tag_node(payload);
      if (!node) continue;
      CHECK(*decode_tag_node(encoded(*node, payload.size())) == *node);
    }
  }
}

TEST_CASE("a node that does not fit, or breaks a limit, is not written") {
  std::vector<uint8_t> payload(496, 0xEE);
  const auto refused = [&](const TagNode& node) {
    const auto result = encode_tag_node(node, payload);
    REQUIRE_FALSE(result.has_value());
    CHECK(runs(payload) == "eex496");
    return result.error().code;
  };
  TagNode node;
  node.entries.assign(1, {std::string(255, 'k'), std::string(217, 'v'), 0, 0});
  CHECK(refused(node) == ErrorCode::kNoSpace);
  node.entries[0].key += 'k';
  CHECK(refused(node) == ErrorCode::kUsage);
  node.entries[0] = {"", std::string(256, 'v'), 0, 0};
  CHECK(refused(node) == ErrorCode::kUsage);
  node.entries[0] = {std::string(255, 'k'), std::string(216, 'v'), 0, 0};
  std::vector<uint8_t> exact(496, 0xEE);
  CHECK(encode_tag_node(node, exact).has_value());
  CHECK(*decode_tag_node(exact) == node);

  TagNode inner;
  inner.leaf = false;
  CHECK(refused(inner) == ErrorCode::kUsage);
  inner.keys.assign(63, "");
  inner.children.assign(64, 1);
  CHECK(refused(inner) == ErrorCode::kNoSpace);
  inner.keys.pop_back();
  inner.children.pop_back();
  CHECK(encode_tag_node(inner, payload).has_value());
}

TEST_CASE("the Bloom filter's bits are XXH64 of the key by seed, modulo the bit count") {
  std::vector<uint8_t> bits(8, 0);
  CHECK_FALSE(bloom_may_contain(bits, 64, 3, "abc"));
  bloom_insert(bits, 64, 3, "abc");
  CHECK(bloom_may_contain(bits, 64, 3, "abc"));
  CHECK_FALSE(bloom_may_contain(bits, 64, 3, "abd"));
  CHECK((bits[3] & 0x02) != 0);  // 0x44BC2CF5AD770999 mod 64 = 25
}

TEST_CASE("an invalid Bloom filter excludes nothing and is never changed") {
  std::vector<uint8_t> bits(8, 0);
  const auto check = [&](uint32_t bit_count, uint32_t hashes) {
    CHECK(bloom_may_contain(bits, bit_count, hashes, "key"));
    bloom_insert(bits, bit_count, hashes, "key");
    CHECK(all_zero(bits));
  };
  check(0, 5);
  check(64, 0);
  check(65, 5);
  check(UINT32_MAX, 5);
}

TEST_CASE("the limits that follow from the block size") {
  CHECK(max_bloom_bits(512) == 3840);
  CHECK(max_bloom_bits(4096) == 32512);
  CHECK(max_node_keys(512) == 62);
  CHECK(max_node_keys(4096) == 510);
}
