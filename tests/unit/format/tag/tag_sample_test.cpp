// The trees of the samples, read block by block through the node codec.
#include <algorithm>
#include <tuple>

#include "../listing.h"
#include "format/hash.h"
#include "format/tag/tag_index.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Every node of a sample's tree; index 0 is block 1.
std::vector<TagNode> nodes_of(const Sample& sample) {
  std::vector<TagNode> nodes;
  const auto count = sample.listing["tags"]["nodes"].get<uint64_t>();
  for (uint64_t block = 1; block <= count; ++block) {
    CAPTURE(block);
    const Bytes payload = sample.payload("TAGI", block);
    const auto node = decode_tag_node(payload);
    REQUIRE(node.has_value());
    std::vector<uint8_t> again(payload.size(), 0xEE);
    REQUIRE(encode_tag_node(*node, again).has_value());
    CHECK(std::equal(again.begin(), again.end(), payload.begin(), payload.end()));
    nodes.push_back(*node);
  }
  return nodes;
}

// All entries in the order of the leaf chain.
std::vector<TagEntry> entries_of(const std::vector<TagNode>& nodes, int depth) {
  size_t at = 0;
  for (int level = 0; level < depth; ++level)
    at = static_cast<size_t>(nodes.at(at).children.at(0)) - 1;
  std::vector<TagEntry> entries;
  for (size_t leaves = 0; leaves < nodes.size(); ++leaves) {
    const TagNode& leaf = nodes.at(at);
    REQUIRE(leaf.leaf);
    entries.insert(entries.end(), leaf.entries.begin(), leaf.entries.end());
    if (leaf.next_leaf == 0) break;
    at = static_cast<size_t>(leaf.next_leaf) - 1;
  }
  return entries;
}

std::string digest(std::vector<TagEntry> entries) {
  const auto order = [](const TagEntry& entry) {
    return std::tie(entry.key, entry.value, entry.inode, entry.block);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const TagEntry& a, const TagEntry& b) { return order(a) < order(b); });
  std::vector<uint8_t> all;
  const auto number = [&](auto value) {
    all.resize(all.size() + sizeof(value));
    store_le(all, all.size() - sizeof(value), value);
  };
  for (const TagEntry& entry : entries) {
    for (const std::string* text : {&entry.key, &entry.value}) {
      number(static_cast<uint32_t>(text->size()));
      all.insert(all.end(), text->begin(), text->end());
    }
    number(entry.inode);
    number(entry.block);
  }
  return to_hex(sha256(all));
}

}  // namespace

TEST_CASE(
    "every sample's tree returns its entries in order, and its nodes encode to the same bytes") {
  for_samples_with("tags", [](const Sample& sample) {
    const auto& listing = sample.listing["tags"];
    check_listed(kTagIndexHeaderLayout, sample.payload("TAGI", 0), listing,
                 {"nodes", "digest", "distinct_keys", "entries", "entries_left_out"});
    const auto entries = entries_of(nodes_of(sample), listing["depth"].get<int>());
    CHECK(entries.size() == listing["entry_count"]);
    CHECK(digest(entries) == listing["digest"]);
    const auto& listed = listing["entries"];
    if (listing.contains("entries_left_out")) return;
    REQUIRE(entries.size() == listed.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      CAPTURE(i);
      CHECK(to_hex(as_bytes(entries[i].key)) == listed[i][0]);
      CHECK(to_hex(as_bytes(entries[i].value)) == listed[i][1]);
      CHECK(entries[i].inode == listed[i][2]);
      CHECK(entries[i].block == listed[i][3]);
    }
  });
}

TEST_CASE("every sample's Bloom filter matches its keys") {
  for_samples_with("tags", [](const Sample& sample) {
    const Bytes payload = sample.payload("TAGI", 0);
    const auto header = kTagIndexHeaderLayout.decode(payload);
    const auto bit_count = static_cast<uint32_t>(header.bloom_bits);
    std::vector<uint8_t> bits((bit_count + 7) / 8, 0);
    for (const TagNode& node : nodes_of(sample))
      for (const TagEntry& entry : node.entries)
        bloom_insert(bits, bit_count, header.bloom_hashes, entry.key);
    CHECK(to_hex(bits) == to_hex(payload.subspan(16, bits.size())));
  });
}
