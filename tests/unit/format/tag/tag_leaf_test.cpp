// Leaves with the index that vdetool keeps in them.
#include "format/tag/tag_leaf.h"

#include "../listing.h"
#include "format/tag/tag_index.h"
#include "tag_example.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr size_t kLeafPayload = 496;  // of a 512-byte block
// The index of example_tags(): two fingerprints, two offsets, count, mark; the next leaf's number.
constexpr std::string_view kLeafTail =
    "e6bc"
    "03001600"
    "0200"
    "f71d"
    "05000000";
constexpr size_t kLeafTailSize = 14;

TagView tag_view(const TagEntry& entry) {
  return {entry.key, entry.value, entry.inode, entry.block};
}

std::vector<uint8_t> indexed_leaf(const std::vector<TagEntry>& entries, size_t size) {
  std::vector<uint8_t> payload(size, 0xEE);
  TagLeafWriter writer(payload);
  for (const TagEntry& entry : entries) writer.add(tag_view(entry), tag_key_hash(entry.key));
  writer.finish(5);
  return payload;
}

// The entries that a walk finds.
std::vector<TagEntry> walked(const TagLeaf& leaf) {
  std::vector<TagEntry> entries;
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count() && leaf.read(at, entry); ++i)
    entries.push_back({std::string(entry.key), std::string(entry.value), entry.inode, entry.block});
  return entries;
}

TagLeaf::Shape shape_of(Bytes payload) {
  const auto leaf = TagLeaf::open(payload);
  REQUIRE(leaf.has_value());
  return leaf->shape();
}

}  // namespace

TEST_CASE("the index of a leaf lies right before the next leaf's number") {
  const auto payload = indexed_leaf(example_tags(), kLeafPayload);
  CHECK(to_hex(Bytes(payload).first(kExampleTagsEnd)) == kExampleTagBytes);
  CHECK(all_zero(
      Bytes(payload).subspan(kExampleTagsEnd, kLeafPayload - kExampleTagsEnd - kLeafTailSize)));
  CHECK(to_hex(Bytes(payload).last(kLeafTailSize)) == kLeafTail);

  const auto leaf = TagLeaf::open(payload);
  REQUIRE(leaf.has_value());
  CHECK(leaf->has_index());
  CHECK(leaf->shape() == TagLeaf::Shape::kSound);
  CHECK(leaf->next_leaf() == 5);
  CHECK(leaf->offset(0) == 3);
  CHECK(leaf->offset(1) == 22);
  CHECK(walked(*leaf) == example_tags());
}

TEST_CASE("the generic node codec reads an indexed leaf like any other") {
  const auto node = decode_tag_node(indexed_leaf(example_tags(), kLeafPayload));
  REQUIRE(node.has_value());
  CHECK(node->entries == example_tags());
  CHECK(node->next_leaf == 5);
}

TEST_CASE("a leaf without room for its index has none") {
  // 496 bytes: 3 of the head, 10 of the index of two entries, 4 of the next leaf; 479 for entries.
  const TagEntry first{"k", std::string(227, 'v'), 0, 0};
  TagEntry last{"l", std::string(214, 'v'), 0, 0};
  auto payload = indexed_leaf({first, last}, kLeafPayload);
  CHECK(TagLeaf::open(payload)->has_index());
  CHECK(shape_of(payload) == TagLeaf::Shape::kSound);
  CHECK(tag_leaf_holds_indexed(kLeafPayload, 479, 2));
  last.value += "v";
  payload = indexed_leaf({first, last}, kLeafPayload);
  CHECK_FALSE(TagLeaf::open(payload)->has_index());
  CHECK(to_hex(Bytes(payload).last(13)) == "00000000000000000005000000");
  CHECK_FALSE(tag_leaf_holds_indexed(kLeafPayload, 480, 2));
}

TEST_CASE("an empty leaf has no index") {
  const auto payload = indexed_leaf({}, kLeafPayload);
  CHECK(runs(payload) == "01x1 00x491 05x1 00x3");
  CHECK_FALSE(TagLeaf::open(payload)->has_index());
  CHECK(shape_of(payload) == TagLeaf::Shape::kSound);
}

TEST_CASE("fingerprints are the highest byte of XXH3-64 of the key") {
  CHECK(tag_key_hash("") == 0x2d06800538d394c2);
  CHECK(tag_key_hash("abc") == 0x78af5f94892f3950);
  CHECK(tag_fingerprint(tag_key_hash("abc")) == 0x78);
}

TEST_CASE("match finds the entries of a fingerprint one after the other") {
  const TagEntry entry{"abc", "", 1, 0};
  const auto payload = indexed_leaf({{"a", "", 0, 0}, entry, {"abd", "", 0, 0}, entry}, 496);
  const auto leaf = TagLeaf::open(payload);
  REQUIRE(leaf.has_value());
  CHECK(leaf->match(0x78, 0) == 1);
  CHECK(leaf->match(0x78, 1) == 1);
  CHECK(leaf->match(0x78, 2) == 3);
  CHECK(leaf->match(0x78, 4) == 4);
  CHECK(leaf->match(0x79, 0) == 4);
}

TEST_CASE("without the mark, or with another count, there is no index") {
  const auto sound = indexed_leaf(example_tags(), kLeafPayload);
  for (const size_t at : {kLeafPayload - 8, kLeafPayload - 7, kLeafPayload - 6, kLeafPayload - 5}) {
    auto payload = sound;
    payload[at] ^= 1;
    CAPTURE(at);
    const auto leaf = TagLeaf::open(payload);
    REQUIRE(leaf.has_value());
    CHECK_FALSE(leaf->has_index());
    CHECK(leaf->shape() == TagLeaf::Shape::kSound);
    CHECK(walked(*leaf) == example_tags());
  }
}

TEST_CASE("an index with wrong offsets is ignored") {
  const auto sound = indexed_leaf(example_tags(), kLeafPayload);
  for (size_t at = kLeafPayload - 12; at < kLeafPayload - 8; ++at) {
    for (const uint8_t change : {uint8_t{1}, uint8_t{0x80}, uint8_t{0xFF}}) {
      auto payload = sound;
      payload[at] = static_cast<uint8_t>(payload[at] ^ change);
      CAPTURE(at);
      CHECK(shape_of(payload) == TagLeaf::Shape::kNoIndex);
      CHECK(walked(*TagLeaf::open(payload)) == example_tags());
      // The next change of the leaf creates a new one.
      TagLeafEditor editor;
      REQUIRE(editor.load(payload).has_value());
      editor.store();
      CHECK(payload == sound);
    }
  }
}

TEST_CASE("a mark within an entry is not an index") {
  // The last entry's block address ends like an index, with count 2 and the mark.
  TagEntry entry{"k", std::string(255, 'v'), 0, 0};
  const TagEntry first{"j", std::string(197, 'v'), 0, 0};
  entry.block = static_cast<int64_t>(0x1DF7'0002'0000'0000);
  const size_t size = 3 + tag_entry_size(tag_view(first)) + tag_entry_size(tag_view(entry)) + 4;
  CHECK(size == 497);
  const auto payload = indexed_leaf({first, entry}, size);
  const auto leaf = TagLeaf::open(payload);
  REQUIRE(leaf.has_value());
  CHECK(leaf->has_index());
  CHECK(leaf->shape() == TagLeaf::Shape::kNoIndex);
  CHECK(walked(*leaf) == std::vector<TagEntry>{first, entry});
}

TEST_CASE("an index with any wrong offset is not used") {
  const auto sound = indexed_leaf(example_tags(), kLeafPayload);
  const size_t offsets = kLeafPayload - 8 - 2 * example_tags().size();
  for (size_t i = 0; i < example_tags().size(); ++i) {
    for (const uint16_t wrong : {uint16_t{0}, uint16_t{4}, uint16_t{23}, uint16_t{0xFFFF}}) {
      CAPTURE(i);
      CAPTURE(wrong);
      auto payload = sound;
      store_le(payload, offsets + 2 * i, wrong);
      CHECK(shape_of(payload) == TagLeaf::Shape::kNoIndex);
      CHECK(walked(*TagLeaf::open(payload)) == example_tags());
    }
  }
}

TEST_CASE("invalid counts, types and lengths make a leaf invalid") {
  const auto sound = indexed_leaf(example_tags(), kLeafPayload);
  const auto with = [&](size_t at, uint16_t value) {
    auto payload = sound;
    store_le(payload, at, value);
    return payload;
  };
  CHECK_FALSE(TagLeaf::open(with(1, 63)).has_value());
  CHECK_FALSE(TagLeaf::open(with(1, 65535)).has_value());
  for (const uint16_t count : {uint16_t{3}, uint16_t{30}, uint16_t{62}}) {
    CAPTURE(count);
    auto counted = with(1, count);
    // The zeros after the entries read as entries with empty keys.
    CHECK(shape_of(counted) == (kExampleTagsEnd + (count - 2u) * 18 > 492
                                    ? TagLeaf::Shape::kBroken
                                    : TagLeaf::Shape::kSound));
    CHECK(TagLeafEditor{}.load(counted).has_value() ==
          (shape_of(counted) != TagLeaf::Shape::kBroken));
  }
  for (const uint8_t type : {uint8_t{0}, uint8_t{2}, uint8_t{255}}) {
    auto other = sound;
    other[0] = type;
    CHECK_FALSE(TagLeaf::open(other).has_value());
    CHECK(TagLeafEditor{}.load(other).error().message == "the block is not a tag leaf");
  }
  // The lengths of the second key and of its value.
  auto payload = sound;
  payload[22] = 255;
  payload[22 + 256] = 255;
  CHECK(shape_of(payload) == TagLeaf::Shape::kBroken);
  CHECK(TagLeafEditor{}.load(payload).error().message ==
        "an entry of a tag leaf runs past its block");
}

TEST_CASE("an entry may reach up to the next leaf's number, and no further") {
  auto payload = indexed_leaf({{"k", "v", 1, 2}}, kLeafPayload);
  TagView entry;
  for (const size_t length : {size_t{1}, size_t{255}}) {
    // The entry starts so that it ends right at byte 492, or one byte beyond it.
    const size_t start = kLeafPayload - 4 - (18 + length + 1);
    for (const size_t later : {size_t{0}, size_t{1}}) {
      size_t at = start + later;
      payload[at] = 1;
      payload[at + 2] = static_cast<uint8_t>(length);
      CHECK(TagLeaf::open(payload)->read(at, entry) == (later == 0));
    }
  }
}

TEST_CASE("reading any byte of a leaf as an entry never leaves the payload") {
  for (unsigned fill = 0; fill < 256; ++fill) {
    auto payload = prefix(indexed_leaf(example_tags(), kLeafPayload), kLeafPayload);
    std::fill(payload.begin() + 3, payload.end(), static_cast<uint8_t>(fill));
    store_le<uint16_t>(payload, kLeafPayload - 6, kTagIndexMark);
    store_le<uint16_t>(payload, kLeafPayload - 8, 2);
    const auto leaf = TagLeaf::open(payload);
    REQUIRE(leaf.has_value());
    CHECK(leaf->has_index());
    for (uint32_t i = 0; i < leaf->count(); ++i) {
      size_t at = leaf->offset(i);
      TagView entry;
      if (leaf->read(at, entry)) CHECK(at <= kLeafPayload - 4);
    }
  }
}

TEST_CASE("a changed leaf equals a newly written one") {
  std::vector<TagEntry> entries = example_tags();
  auto payload = indexed_leaf(entries, kLeafPayload);
  TagLeafEditor editor;
  REQUIRE(editor.load(payload).has_value());
  const TagEntry between{"abc", "between", 3, 4};
  editor.insert(1, tag_view(between));
  entries.insert(entries.begin() + 1, between);
  editor.store();
  CHECK(payload == indexed_leaf(entries, kLeafPayload));
  editor.erase(0);
  entries.erase(entries.begin());
  editor.store();
  CHECK(payload == indexed_leaf(entries, kLeafPayload));
  CHECK(editor.entry(1).key == entries[1].key);
  CHECK(editor.entry_bytes() == 18 + 3 + 7 + 18 + 3 + 2);
}

TEST_CASE("moving a tail moves its offsets and fingerprints, too") {
  std::vector<uint8_t> left(kLeafPayload, 0xEE);
  std::vector<uint8_t> right(kLeafPayload, 0xEE);
  TagLeafWriter from(left);
  TagLeafWriter to(right);
  for (const TagEntry& entry : example_tags()) from.add(tag_view(entry), tag_key_hash(entry.key));
  to.take_tail(from, 1);
  from.finish(5);
  to.finish(5);
  CHECK(left == indexed_leaf({example_tags()[0]}, kLeafPayload));
  CHECK(right == indexed_leaf({example_tags()[1]}, kLeafPayload));
}
