// The strict reader's tag index (TAGI): a B+-tree parsed and searched as the SDK does.
#pragma once

#include "support/strict/strict_image.h"

namespace vde::test::strict {

struct Tag {
  std::string key;    // any bytes
  std::string value;  // any bytes
  int64_t inode = 0;
  int64_t address = 0;

  bool operator==(const Tag&) const = default;
};

// Every block from 1 on is parsed as a node, reachable or not; trailers are ignored. Block numbers
// are relative to the region.
class TagIndex {
 public:
  TagIndex() = default;
  // Throws Failure where the SDK would fail.
  explicit TagIndex(const Region& region);

  // The header's fields.
  [[nodiscard]] int32_t entry_count() const { return entry_count_; }
  [[nodiscard]] int16_t depth() const { return depth_; }
  [[nodiscard]] int32_t bloom_bits() const { return bloom_bits_; }
  [[nodiscard]] uint8_t bloom_hashes() const { return bloom_hashes_; }

  // The number of levels below the root on the way to the first leaf; it should equal the header's
  // depth.
  [[nodiscard]] size_t levels_below_root() const { return levels_below_root_; }
  // The number of nodes that can be reached from the root.
  [[nodiscard]] size_t reachable_nodes() const { return reachable_nodes_; }
  // All entries in the order of the leaf chain.
  [[nodiscard]] const std::vector<Tag>& entries() const { return entries_; }

  // False if the Bloom filter excludes the key.
  [[nodiscard]] bool may_contain(std::string_view key) const;
  // The entries of `key` that the SDK's search finds: none if the Bloom filter excludes it. It
  // reads one leaf, and the next one only while the last entry of a leaf has the key. Throws
  // Failure, as find_prefix does, if the leaf chain ends in a block that is not a leaf.
  [[nodiscard]] std::vector<Tag> find(std::string_view key) const;
  // The entries whose keys start with `prefix`, as far as the SDK's search finds them: from the
  // leaf where the prefix itself would be, to the first key beyond it.
  [[nodiscard]] std::vector<Tag> find_prefix(std::string_view prefix) const;

  // For the distinct keys among the entries: for how many `find` returns one entry, and for how
  // many all.
  struct Lookups {
    size_t distinct_keys = 0;
    size_t found = 0;
    size_t found_whole = 0;
  };
  [[nodiscard]] Lookups lookups() const;

 private:
  struct Node {
    bool is_leaf = false;
    std::vector<Tag> entries;       // of a leaf
    int32_t next = 0;               // of a leaf: 0 = none
    std::vector<std::string> keys;  // of an inner node
    std::vector<int32_t> children;  // of an inner node: one more than keys
  };

  static Node parse_node(Bytes payload);
  static Node parse_leaf(Bytes payload, size_t count);
  static Node parse_inner(Bytes payload, size_t count);

  void parse_header(const Region& region);
  void walk_tree();
  void walk_leaves();
  // The node at `block`; throws Failure if the region has none.
  [[nodiscard]] const Node& node(int32_t block) const;
  // The first leaf of a search for `key`.
  [[nodiscard]] const Node& leaf_for(std::string_view key) const;

  int32_t entry_count_ = 0;
  int16_t depth_ = 0;
  int32_t bloom_bits_ = 0;
  uint8_t bloom_hashes_ = 0;
  std::vector<uint8_t> bloom_;
  std::vector<Node> nodes_;  // block 1 first
  size_t levels_below_root_ = 0;
  size_t reachable_nodes_ = 0;
  std::vector<Tag> entries_;
};

}  // namespace vde::test::strict
