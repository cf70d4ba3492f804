#include "format/region/integrity_tree.h"

#include "../listing.h"
#include "format/hash.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("the integrity tree header's bytes") {
  const IntegrityTreeHeader header{100, 128, filled<32>(0x0A)};
  CHECK(to_hex(Bytes(bytes_of(kIntegrityTreeHeaderLayout, header)).first(9)) ==
        "64000000"
        "80000000"
        "0a");
  CHECK(runs(Bytes(bytes_of(kIntegrityTreeHeaderLayout, header)).subspan(8)) == "0ax32");
  CHECK(kIntegrityTreeHeaderLayout.decode(bytes_of(kIntegrityTreeHeaderLayout, header)) == header);
}

TEST_CASE("nodes are consecutive from block 1 on, starting with index 1") {
  CHECK(nodes_per_block(4096) == 127);
  CHECK(nodes_per_block(512) == 15);
  CHECK(node_place(1, 4096) == NodePlace{1, 0});
  CHECK(node_place(2, 4096) == NodePlace{1, 32});
  CHECK(node_place(127, 4096) == NodePlace{1, 4032});
  CHECK(node_place(128, 4096) == NodePlace{2, 0});
  CHECK(node_place((uint64_t{1} << 32) - 1, 4096) == NodePlace{33818641, 448});
}

TEST_CASE("a tree needs a block for its header and blocks for its nodes") {
  CHECK(integrity_tree_blocks(0, 4096) == 1);
  CHECK(integrity_tree_blocks(1, 4096) == 2);
  CHECK(integrity_tree_blocks(64, 4096) == 2);
  CHECK(integrity_tree_blocks(128, 4096) == 4);
  CHECK(integrity_tree_blocks(8, 512) == 2);
  CHECK(integrity_tree_blocks(16, 512) == 4);
}

TEST_CASE("a capacity is the leaf count rounded up to a power of two") {
  const auto good = [](int32_t leaves, int32_t capacity) {
    return check_shape({leaves, capacity, {}}).has_value();
  };
  CHECK(good(0, 0));
  CHECK(good(0, 1));
  CHECK(good(1, 1));
  CHECK(good(100, 128));
  CHECK(good(128, 128));
  CHECK(good(1 << 30, 1 << 30));
  CHECK_FALSE(good(0, 2));
  CHECK_FALSE(good(129, 128));
  CHECK_FALSE(good(64, 128));
  CHECK_FALSE(good(100, 0));
  CHECK_FALSE(good(-1, 0));
  CHECK_FALSE(good(-1, -1));
  CHECK_FALSE(good(1, INT32_MIN));
  CHECK_FALSE(good(INT32_MAX, INT32_MAX));
  CHECK_FALSE(good(INT32_MAX, INT32_MIN));
}

TEST_CASE("a parent is the hash of its children, zero above zeros") {
  CHECK(parent_hash({}, {}) == Opaque<32>{});
  CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  std::vector<uint8_t> both(64, 0);
  both[0] = 1;
  Opaque<32> left{};
  left[0] = 1;
  CHECK(parent_hash(left, {}) == sha256(both));
  CHECK(parent_hash({}, left) != parent_hash(left, {}));
}

TEST_CASE("the sample's tree is as listed and hashes up to its root") {
  for_samples_with("integrity_tree", [](const Sample& sample) {
    const Bytes payload = sample.payload("MTRK", 0);
    check_listed(kIntegrityTreeHeaderLayout, payload, sample.listing["integrity_tree"]);
    const auto header = kIntegrityTreeHeaderLayout.decode(payload);
    REQUIRE(check_shape(header).has_value());
    const auto node = [&](uint64_t index) {
      const NodePlace place = node_place(index, sample.block_size);
      const Bytes bytes = sample.payload("MTRK", place.block).subspan(place.offset, kTreeNodeSize);
      Opaque<32> hash{};
      std::copy(bytes.begin(), bytes.end(), hash.begin());
      return hash;
    };
    CHECK(node(1) == header.root);
    const auto capacity = static_cast<uint64_t>(header.capacity);
    for (uint64_t i = 1; i < capacity; ++i) {
      CAPTURE(i);
      CHECK(node(i) == parent_hash(node(2 * i), node(2 * i + 1)));
    }
    const auto leaves = static_cast<uint64_t>(header.leaf_count);
    CHECK(node(capacity + leaves - 1) != Opaque<32>{});
    CHECK(node(capacity + leaves) == Opaque<32>{});
  });
}
