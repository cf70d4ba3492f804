#include "support/strict/strict_tags.h"

#include <xxhash.h>

#include <algorithm>
#include <map>

namespace vde::test::strict {

namespace {

constexpr int32_t kRoot = 1;
constexpr size_t kHeaderSize = 16;
constexpr size_t kNextLeafSize = 4;

}  // namespace

TagIndex::TagIndex(const Region& region) {
  // The SDK's offsets are 32-bit signed integers.
  if (region.bytes().size() > 0x7FFFFFFF) throw Failure("the region has 2^31 bytes or more");
  parse_header(region);
  for (size_t i = 1; i < region.blocks(); ++i) nodes_.push_back(parse_node(region.payload(i)));
  walk_tree();
  walk_leaves();
}

void TagIndex::parse_header(const Region& region) {
  Cursor header(region.payload(0));
  entry_count_ = header.number<int32_t>();
  depth_ = header.number<int16_t>();
  bloom_bits_ = header.number<int32_t>();
  bloom_hashes_ = header.number<uint8_t>();
  if (entry_count_ < 0) throw Failure("a negative entry count");
  if (bloom_bits_ < 1 || bloom_hashes_ < 1) throw Failure("a Bloom filter without bits or hashes");
  Cursor filter(region.payload(0), kHeaderSize);
  const Bytes bits = filter.take((static_cast<size_t>(bloom_bits_) + 7) / 8);
  bloom_.assign(bits.begin(), bits.end());
}

TagIndex::Node TagIndex::parse_node(Bytes payload) {
  Cursor cursor(payload);
  const auto kind = cursor.number<uint8_t>();
  const size_t count = cursor.number<uint16_t>();
  if (count > payload.size() / 8) throw Failure("a node with more keys than a block allows");
  if (kind > 1) throw Failure("a block of the tree is neither a leaf nor an inner node");
  return kind == 1 ? parse_leaf(payload, count) : parse_inner(payload, count);
}

TagIndex::Node TagIndex::parse_leaf(Bytes payload, size_t count) {
  Node leaf;
  leaf.is_leaf = true;
  Cursor cursor(payload.first(payload.size() - kNextLeafSize), 3);
  for (size_t i = 0; i < count; ++i) {
    Tag tag;
    tag.key = cursor.text(cursor.number<uint8_t>());
    tag.value = cursor.text(cursor.number<uint8_t>());
    tag.inode = cursor.number<int64_t>();
    tag.address = cursor.number<int64_t>();
    leaf.entries.push_back(std::move(tag));
  }
  leaf.next = Cursor(payload, payload.size() - kNextLeafSize).number<int32_t>();
  return leaf;
}

TagIndex::Node TagIndex::parse_inner(Bytes payload, size_t count) {
  Node inner;
  Cursor cursor(payload, 3);
  for (size_t i = 0; i < count; ++i) inner.keys.push_back(cursor.text(cursor.number<uint8_t>()));
  for (size_t i = 0; i <= count; ++i) inner.children.push_back(cursor.number<int32_t>());
  return inner;
}

const TagIndex::Node& TagIndex::node(int32_t block) const {
  if (block < kRoot || static_cast<size_t>(block) > nodes_.size())
    throw Failure("the tree names block " + std::to_string(block) + ", which is not a node");
  return nodes_[static_cast<size_t>(block - kRoot)];
}

void TagIndex::walk_tree() {
  std::vector<int32_t> level{kRoot};
  std::vector<bool> seen(nodes_.size(), false);
  for (; !level.empty(); ++levels_below_root_) {
    std::vector<int32_t> below;
    for (const int32_t block : level) {
      const Node& current = node(block);
      const auto index = static_cast<size_t>(block - kRoot);
      if (seen[index]) throw Failure("two parents name block " + std::to_string(block));
      seen[index] = true;
      ++reachable_nodes_;
      if (current.is_leaf && current.next != 0 && !node(current.next).is_leaf)
        throw Failure("the leaf chain leads to an inner node");
      below.insert(below.end(), current.children.begin(), current.children.end());
    }
    level = std::move(below);
  }
  --levels_below_root_;
}

void TagIndex::walk_leaves() {
  const Node* leaf = &node(kRoot);
  while (!leaf->is_leaf) leaf = &node(leaf->children.front());
  for (size_t steps = 0; steps < nodes_.size(); ++steps) {
    entries_.insert(entries_.end(), leaf->entries.begin(), leaf->entries.end());
    if (leaf->next == 0) return;
    leaf = &node(leaf->next);
  }
  throw Failure("the leaf chain has no end");
}

bool TagIndex::may_contain(std::string_view key) const {
  for (uint64_t seed = 0; seed < bloom_hashes_; ++seed) {
    const uint64_t bit = XXH64(key.data(), key.size(), seed) % static_cast<uint64_t>(bloom_bits_);
    if ((bloom_[bit / 8] >> (bit % 8) & 1) == 0) return false;
  }
  return true;
}

const TagIndex::Node& TagIndex::leaf_for(std::string_view key) const {
  const Node* current = &node(kRoot);
  while (!current->is_leaf) {
    const auto greater =
        std::find_if(current->keys.begin(), current->keys.end(),
                     [&](const std::string& separator) { return separator > key; });
    const auto child = static_cast<size_t>(greater - current->keys.begin());
    current = &node(current->children[child]);
  }
  return *current;
}

std::vector<Tag> TagIndex::find(std::string_view key) const {
  std::vector<Tag> found;
  if (nodes_.empty() || !may_contain(key)) return found;
  const Node* leaf = &leaf_for(key);
  for (size_t steps = 0; steps < nodes_.size(); ++steps) {
    for (const Tag& tag : leaf->entries)
      if (tag.key == key) found.push_back(tag);
    const bool goes_on = !leaf->entries.empty() && leaf->entries.back().key == key;
    if (!goes_on || leaf->next == 0) return found;
    leaf = &node(leaf->next);
  }
  throw Failure("the leaf chain has no end");
}

std::vector<Tag> TagIndex::find_prefix(std::string_view prefix) const {
  std::vector<Tag> found;
  if (nodes_.empty()) return found;
  const Node* leaf = &leaf_for(prefix);
  for (size_t steps = 0; steps < nodes_.size(); ++steps) {
    for (const Tag& tag : leaf->entries) {
      if (tag.key.starts_with(prefix)) {
        found.push_back(tag);
      } else if (tag.key > prefix) {
        return found;
      }
    }
    if (leaf->next == 0) return found;
    leaf = &node(leaf->next);
  }
  throw Failure("the leaf chain has no end");
}

TagIndex::Lookups TagIndex::lookups() const {
  std::map<std::string, size_t> counts;
  for (const Tag& tag : entries_) ++counts[tag.key];
  Lookups result{.distinct_keys = counts.size()};
  for (const auto& [key, count] : counts) {
    const size_t found = find(key).size();
    result.found += found > 0 ? 1 : 0;
    result.found_whole += found == count ? 1 : 0;
  }
  return result;
}

}  // namespace vde::test::strict
