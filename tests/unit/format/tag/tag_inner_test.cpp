#include "format/tag/tag_inner.h"

#include <algorithm>

#include "../listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

std::vector<uint8_t> inner_bytes(std::string_view hex, size_t size) {
  std::vector<uint8_t> payload = *from_hex(hex);
  payload.resize(size, 0);
  return payload;
}

// Keys "m" and "zz", children 2, 3 and -4.
constexpr std::string_view kInner =
    "00"
    "0200"
    "016d"
    "027a7a"
    "02000000"
    "03000000"
    "fcffffff";
constexpr size_t kInnerSize = 20;

TagInner inner_of(std::vector<std::string> keys) {
  TagNode node;
  node.leaf = false;
  node.children.assign(keys.size() + 1, 7);
  node.keys = std::move(keys);
  std::vector<uint8_t> payload(4080, 0);
  REQUIRE(encode_tag_node(node, payload).has_value());
  auto inner = TagInner::decode(payload);
  REQUIRE(inner.has_value());
  CHECK(inner->node() == node);
  return *inner;
}

}  // namespace

TEST_CASE("an inner node's keys and children, from its bytes") {
  const auto inner = TagInner::decode(inner_bytes(kInner, 496));
  REQUIRE(inner.has_value());
  CHECK(inner->count() == 2);
  CHECK(inner->key(0) == "m");
  CHECK(inner->key(1) == "zz");
  CHECK(inner->child(0) == 2);
  CHECK(inner->child(1) == 3);
  CHECK(inner->child(2) == -4);
  CHECK(inner->node() == *decode_tag_node(inner_bytes(kInner, 496)));
}

TEST_CASE("zeros are an inner node without keys, whose child is 0") {
  const auto inner = TagInner::decode(std::vector<uint8_t>(496, 0));
  REQUIRE(inner.has_value());
  CHECK(inner->count() == 0);
  CHECK(inner->child(0) == 0);
  CHECK(inner->lower("") == 0);
  CHECK(inner->upper("z") == 0);
}

TEST_CASE("an inner node cut short is refused at every length") {
  const auto payload = inner_bytes(kInner, 24);
  for (size_t size = 0; size <= payload.size(); ++size) {
    CAPTURE(size);
    CHECK(TagInner::decode(prefix(payload, size)).has_value() == (size >= kInnerSize));
  }
  CHECK(TagInner::decode(prefix(payload, 17)).error().message ==
        "child 3 of 3 of a tag node runs past its block");
}

TEST_CASE("invalid counts, types and lengths are refused") {
  auto payload = inner_bytes(kInner, 496);
  payload[0] = 1;
  CHECK(TagInner::decode(payload).error().code == ErrorCode::kDamaged);
  payload = inner_bytes(kInner, 496);
  store_le<uint16_t>(payload, 1, 63);
  CHECK(TagInner::decode(payload).error().message ==
        "a tag node claims 63 keys, its block allows 62");
  std::fill(payload.begin() + 3, payload.end(), uint8_t{255});
  store_le<uint16_t>(payload, 1, 2);
  CHECK(TagInner::decode(payload).error().message ==
        "key 2 of 2 of a tag node runs past its block");
}

TEST_CASE("a search finds the first key that is not less, and the first that is greater") {
  const std::vector<std::vector<std::string>> nodes = {
      {"m"},
      {"", "", "a", "a", "a", "b"},
      {"prefix-a", "prefix-b", "prefix-b", "prefix-bb", "prefix-c"},
      {"12345678a", "12345678b", "12345678c", "12345678c", "12345679"},
      {std::string("\0", 1), std::string("\0\0", 2), std::string("a\0", 2), "a\xff", "\xff\xff"},
      {std::string(255, 'k')},
  };
  for (const auto& keys : nodes) {
    const TagInner inner = inner_of(keys);
    std::vector<std::string> wanted = keys;
    for (const std::string& key : keys) {
      wanted.push_back(key + '\0');
      wanted.push_back(key.substr(0, key.size() / 2));
      wanted.push_back(key.substr(0, key.size() / 2) + '\xff');
    }
    for (const std::string& key : wanted) {
      CAPTURE(key);
      const auto lower = std::lower_bound(keys.begin(), keys.end(), key) - keys.begin();
      const auto upper = std::upper_bound(keys.begin(), keys.end(), key) - keys.begin();
      CHECK(inner.lower(key) == static_cast<size_t>(lower));
      CHECK(inner.upper(key) == static_cast<size_t>(upper));
    }
  }
}

TEST_CASE("a search finds its key among any number of keys") {
  std::vector<std::string> keys;
  for (int i = 0; i < 70; ++i) {
    keys.push_back(std::string("key/") + static_cast<char>('0' + i));
    const TagInner inner = inner_of(keys);
    for (size_t at = 0; at < keys.size(); ++at) {
      CAPTURE(keys.size());
      CAPTURE(at);
      CHECK(inner.lower(keys[at]) == at);
      CHECK(inner.upper(keys[at]) == at + 1);
      CHECK(inner.lower(keys[at] + "+") == at + 1);
    }
  }
}

TEST_CASE("a search finds the ends of a run of equal keys, and keys that differ late") {
  std::vector<std::string> keys;
  const std::string start = "key/and twenty bytes ";
  for (char late = 'a'; late < 'n'; ++late) keys.push_back(start + "a and sixteen bytes " + late);
  for (int i = 0; i < 20; ++i) keys.push_back(start + "m");
  for (char late = 'a'; late < 'h'; ++late) keys.push_back(start + "z and sixteen bytes " + late);
  REQUIRE(std::is_sorted(keys.begin(), keys.end()));
  const TagInner inner = inner_of(keys);
  for (const std::string& key : keys) {
    CAPTURE(key);
    CHECK(inner.lower(key) ==
          static_cast<size_t>(std::lower_bound(keys.begin(), keys.end(), key) - keys.begin()));
    CHECK(inner.upper(key) ==
          static_cast<size_t>(std::upper_bound(keys.begin(), keys.end(), key) - keys.begin()));
  }
}

TEST_CASE("a search in unordered keys stays within the node") {
  // The first and the last key of the second node have a prefix that the others lack.
  for (const auto& keys : {std::vector<std::string>{"z", "a", "zz", "", "zzz", "a"},
                           {"same/z", "", "sam", "a", "same/a"}}) {
    const TagInner inner = inner_of(keys);
    for (const char* key : {"", "a", "b", "same/", "same/b", "z", "zz", "zzzz"}) {
      CHECK(inner.lower(key) <= inner.count());
      CHECK(inner.upper(key) <= inner.count());
    }
  }
}

TEST_CASE("the head of a key is its first eight bytes as a big-endian number") {
  CHECK(tag_key_head("") == 0);
  CHECK(tag_key_head("a") == 0x6100000000000000);
  CHECK(tag_key_head("abcdefgh") == 0x6162636465666768);
  CHECK(tag_key_head("abcdefghi") == 0x6162636465666768);
  CHECK(tag_key_head("\xff\xfe") == 0xfffe000000000000);
}

TEST_CASE("a node is encoded as it was read, followed by zeros") {
  const auto inner = TagInner::decode(inner_bytes(kInner, 496));
  REQUIRE(inner.has_value());
  CHECK(inner->encoded_size() == kInnerSize);
  std::vector<uint8_t> payload(496, 0xEE);
  inner->encode(payload);
  CHECK(payload == inner_bytes(kInner, 496));
}

TEST_CASE("an inserted key is found as in a decoded node") {
  const std::vector<std::string> texts = {
      "", "a", "same/start/1", "same/start/10", "same/start/2", "same/x", std::string(3, '\0'),
      "z"};
  std::vector<std::string> keys;
  TagInner grown = inner_of({});
  for (size_t k = 0; k < texts.size(); ++k) {
    // In an order that both shortens and keeps the common prefix.
    const std::string& text = texts[(k * 5 + 2) % texts.size()];
    const size_t i = grown.lower(text);
    grown.insert(i, text, 100 + static_cast<int32_t>(k));
    keys.insert(keys.begin() + static_cast<ptrdiff_t>(i), text);
    CAPTURE(text);
    CHECK(std::is_sorted(keys.begin(), keys.end()));
    CHECK(grown.child(i + 1) == 100 + static_cast<int32_t>(k));
    TagNode node = grown.node();
    CHECK(node.keys == keys);
    CHECK(node.children.size() == keys.size() + 1);
    std::vector<uint8_t> expected(496);
    REQUIRE(encode_tag_node(node, expected).has_value());
    std::vector<uint8_t> payload(496);
    grown.encode(payload);
    CHECK(payload == expected);
    const TagInner read = *TagInner::decode(payload);
    for (const std::string& wanted : texts) {
      CHECK(grown.lower(wanted) == read.lower(wanted));
      CHECK(grown.upper(wanted) == read.upper(wanted));
    }
  }
}

TEST_CASE("after erasing, replacing and appending, keys are found as in a decoded node") {
  const std::vector<std::string> texts = {"same/a", "same/b", "same/bb", "same/c", "t", "u"};
  const TagInner whole = inner_of(texts);
  const auto check = [&](const TagInner& inner, std::vector<std::string> keys) {
    const TagInner expected = inner_of(keys);
    CHECK(inner.node() == expected.node());
    CHECK(inner.encoded_size() == expected.encoded_size());
    for (const std::string& text : texts) {
      CHECK(inner.lower(text) == expected.lower(text));
      CHECK(inner.upper(text + "x") == expected.upper(text + "x"));
    }
  };
  check(whole.part(0, 6), texts);
  check(whole.part(1, 4), {"same/b", "same/bb", "same/c"});
  check(whole.part(2, 2), {});
  TagInner joined = whole.part(0, 2);
  joined.append(texts[2], whole.part(3, 6));
  check(joined, texts);
  TagInner shorter = whole;
  shorter.erase(5);
  shorter.erase(0);
  check(shorter, {"same/b", "same/bb", "same/c", "t"});
  shorter.set_key(3, "same/d");
  check(shorter, {"same/b", "same/bb", "same/c", "same/d"});
  while (shorter.count() > 0) shorter.erase(0);
  check(shorter, {});
  shorter.insert(0, "new", 7);
  check(shorter, {"new"});
  check(TagInner(7), {});
}
