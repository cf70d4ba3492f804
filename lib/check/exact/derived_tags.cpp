#include "check/exact/derived_tags.h"

#include <algorithm>
#include <set>

#include "base/checked.h"
#include "check/written_blocks.h"
#include "format/tag/tag_filter.h"
#include "format/tag/tag_inner.h"
#include "tag/tag_tree.h"

namespace vde {
namespace {

// Larger indexes are left alone: first and last keys of all leaves are kept.
constexpr uint64_t kMaxIndexBlocks = uint64_t{1} << 18;

// Each of them is compared with each damaged block of the index.
constexpr size_t kMaxLostNodes = 64;

constexpr const char* kFromLeaves = "the leaves of the tag index";

// The keys of a leaf, in its order.
std::vector<std::string_view> keys_of(const TagLeaf& leaf) {
  std::vector<std::string_view> keys;
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count() && leaf.read(at, entry); ++i) keys.push_back(entry.key);
  return keys;
}

}  // namespace

// Calls `visit` with the number and the payload of each block that verifies.
template <class Visit>
Result<void> TagDerivation::each_block(Visit visit) {
  return each_written_block(input_.io, region_, input_.activity,
                            [&](const UncheckedBlock& block) -> Result<void> {
                              if (block.check(block_types::kTagIndex)) visit(block);
                              return {};
                            });
}

template <class Visit>
Result<void> TagDerivation::each_key(Visit visit) {
  return each_block([&](const UncheckedBlock& block) {
    if (block.number() == region_.begin) return;
    const auto leaf = TagLeaf::open(block.unchecked_payload());
    if (!leaf) return;
    for (const std::string_view key : keys_of(*leaf)) visit(key);
  });
}

Result<std::vector<DerivedPayload>> TagDerivation::derive(uint64_t index) {
  std::vector<DerivedPayload> found;
  VDE_TRY_ASSIGN(known, read_nodes());
  if (!known) return found;
  if (index == 0) {
    VDE_TRY(derive_header(found));
  } else if (is_filter(index)) {
    VDE_TRY(derive_filter(index, found));
  } else {
    found = lost_nodes();
  }
  return found;
}

// False where the index is too large.
Result<bool> TagDerivation::read_nodes() {
  if (read_) return true;
  if (region_.count() > kMaxIndexBlocks || !input_.take_reading(region_.count())) return false;
  read_ = true;
  VDE_TRY(each_block([&](const UncheckedBlock& block) { note(block); }));
  return true;
}

void TagDerivation::note(const UncheckedBlock& block) {
  const auto number = static_cast<int32_t>(block.number() - region_.begin);
  const Bytes payload = block.unchecked_payload();
  lost_nodes_.reset();
  if (number == 0) {
    extension_ = decode_tag_extension(payload);
  } else if (const auto leaf = TagLeaf::open(payload)) {
    const auto keys = keys_of(*leaf);
    entries_ += keys.size();
    LeafFacts& facts = leaves_[number];
    facts.next = leaf->next_leaf();
    if (keys.empty()) return;
    facts.first = keys.front();
    facts.last = keys.back();
  } else if (const auto node = TagInner::decode(payload)) {
    // Free nodes and filters look like nodes without keys.
    if (node->count() == 0) return;
    for (size_t i = 0; i <= node->count(); ++i) inner_[number].push_back(node->child(i));
  }
}

bool TagDerivation::is_filter(uint64_t index) const {
  if (!extension_ || extension_->filter_start == 0) return false;
  const uint64_t per_block = tag_lines_per_block(input_.io.block_size());
  const uint64_t blocks = divide_up(extension_->filter_lines, per_block);
  return index >= extension_->filter_start && index - extension_->filter_start < blocks;
}

// Levels below the root.
int16_t TagDerivation::depth() const {
  return static_cast<int16_t>(levels_of(static_cast<int32_t>(kTagRoot)));
}

// Counts and Bloom bits from the leaves; what vdetool keeps at the end, as it lies there.
Result<void> TagDerivation::derive_header(std::vector<DerivedPayload>& found) {
  if (!input_.take_reading(region_.count())) return {};
  BlockBuffer buffer = input_.io.make_buffer();
  VDE_TRY_ASSIGN(block, input_.io.read(region_.begin, buffer));
  const Bytes damaged = block.unchecked_payload();
  TagIndexHeader header;
  header.entry_count = static_cast<int32_t>(std::min<uint64_t>(entries_, INT32_MAX));
  header.depth = depth();
  header.bloom_bits = static_cast<int32_t>(default_bloom_bits(input_.io.block_size()));
  DerivedPayload derived{BlockBuffer(damaged.size()), kFromLeaves};
  kTagIndexHeaderLayout.encode(header, derived.payload);
  const size_t end = damaged.size() - kTagExtensionLayout.size();
  std::ranges::copy(damaged.subspan(end), derived.payload.begin() + static_cast<ptrdiff_t>(end));
  // Its own hash says whether it is intact.
  const std::optional<TagExtension> extension = decode_tag_extension(derived.payload);
  std::fill(derived.payload.begin() + static_cast<ptrdiff_t>(end), derived.payload.end(),
            uint8_t{0});
  const MutableBytes bits = MutableBytes(derived.payload).subspan(kTagIndexHeaderLayout.size());
  VDE_TRY(each_key([&](std::string_view key) {
    bloom_insert(bits, static_cast<uint32_t>(header.bloom_bits), header.bloom_hashes, key);
  }));
  if (extension) encode_tag_extension(*extension, derived.payload);
  found.push_back(std::move(derived));
  return {};
}

Result<void> TagDerivation::derive_filter(uint64_t index, std::vector<DerivedPayload>& found) {
  if (!input_.take_reading(region_.count())) return {};
  const uint64_t per_block = tag_lines_per_block(input_.io.block_size());
  const uint64_t first = (index - extension_->filter_start) * per_block;
  DerivedPayload derived{BlockBuffer(payload_size(input_.io.block_size())), kFromLeaves};
  VDE_TRY(each_key([&](std::string_view key) {
    const uint64_t hash = tag_key_hash(key);
    const uint64_t line = tag_line_of(hash, extension_->filter_lines);
    if (line < first || line - first >= per_block) return;
    tag_line_insert(
        MutableBytes(derived.payload).subspan(tag_line_offset(line - first), kTagLineSize), hash);
  }));
  found.push_back(std::move(derived));
  return {};
}

// The leaves by their order. Where a leaf is missing a chain ends and another one begins, which is
// one place further.
std::map<int32_t, size_t> TagDerivation::places_of_leaves() const {
  std::map<int32_t, size_t> followed;
  for (const auto& [number, leaf] : leaves_) ++followed[leaf.next];
  std::multimap<std::string_view, int32_t> starts;
  for (const auto& [number, leaf] : leaves_)
    if (!followed.contains(number)) starts.emplace(leaf.first, number);
  std::map<int32_t, size_t> places;
  size_t place = 0;
  for (const auto& [key, start] : starts) {
    for (int32_t at = start; at != 0;) {
      const auto found = leaves_.find(at);
      if (found == leaves_.end() || !places.try_emplace(at, place).second) break;
      ++place;
      at = found->second.next;
    }
    ++place;
  }
  return places;
}

// The leaf at one end of what a node leads to; nothing if it leads to no leaf.
std::optional<int32_t> TagDerivation::end_leaf(int32_t number, bool last) const {
  for (size_t level = 0; level < kMaxTagLevels; ++level) {
    if (leaves_.contains(number)) return number;
    const auto node = inner_.find(number);
    if (node == inner_.end()) return std::nullopt;
    number = last ? node->second.back() : node->second.front();
  }
  return std::nullopt;
}

// Levels below a node.
size_t TagDerivation::levels_of(int32_t number) const {
  size_t levels = 0;
  for (auto node = inner_.find(number); node != inner_.end() && levels < kMaxTagLevels;
       node = inner_.find(node->second.front()))
    ++levels;
  return levels;
}

// Nodes that no valid node names, in the order of their leaves. Those of one level without a gap
// between them may be the children of one lost node.
std::vector<TagDerivation::Children> TagDerivation::children_of_lost() const {
  std::set<int32_t> named = {static_cast<int32_t>(kTagRoot)};
  for (const auto& [number, children] : inner_) named.insert(children.begin(), children.end());
  const std::map<int32_t, size_t> places = places_of_leaves();
  const auto place_of = [&](int32_t number, bool last) -> std::optional<size_t> {
    const auto leaf = end_leaf(number, last);
    const auto place = leaf ? places.find(*leaf) : places.end();
    return place == places.end() ? std::nullopt : std::optional(place->second);
  };
  // By level and place.
  std::map<std::pair<size_t, size_t>, int32_t> orphans;
  const auto add = [&](int32_t number) {
    const auto place = named.contains(number) ? std::nullopt : place_of(number, false);
    if (place) orphans.emplace(std::pair(levels_of(number), *place), number);
  };
  for (const auto& [number, leaf] : leaves_) add(number);
  for (const auto& [number, children] : inner_) add(number);
  std::vector<Children> lost;
  std::pair<size_t, size_t> next;
  for (const auto& [place, number] : orphans) {
    if (lost.empty() || place != next) lost.emplace_back();
    lost.back().push_back(number);
    next = {place.first, place_of(number, true).value_or(0) + 1};
  }
  return lost;
}

// With the separators of vdetool and with those of the SDK, a right leaf's first key.
void TagDerivation::derive_node(const Children& children,
                                std::vector<DerivedPayload>& found) const {
  const uint32_t block_size = input_.io.block_size();
  if (children.size() < 2 || children.size() - 1 > max_node_keys(block_size)) return;
  std::vector<std::string> shortest;
  std::vector<std::string> whole;
  for (size_t i = 1; i < children.size(); ++i) {
    const auto left = end_leaf(children[i - 1], true);
    const auto right = end_leaf(children[i], false);
    if (!left || !right) return;
    const std::string& first = leaves_.at(*right).first;
    shortest.push_back(tag_separator(leaves_.at(*left).last, first));
    whole.push_back(first);
  }
  for (const auto* keys : {&shortest, &whole}) {
    DerivedPayload derived{BlockBuffer(payload_size(block_size)), kFromLeaves};
    TagNode node;
    node.leaf = false;
    node.keys = *keys;
    node.children = children;
    if (encode_tag_node(node, derived.payload)) found.push_back(std::move(derived));
  }
}

const std::vector<DerivedPayload>& TagDerivation::lost_nodes() {
  // A map's step costs more than one of a checksum.
  constexpr uint64_t kStepsPerNode = 2000;
  if (!lost_nodes_) {
    lost_nodes_.emplace();
    if (input_.take((leaves_.size() + inner_.size()) * kStepsPerNode))
      for (const Children& children : children_of_lost())
        if (lost_nodes_->size() < kMaxLostNodes) derive_node(children, *lost_nodes_);
  }
  return *lost_nodes_;
}

}  // namespace vde
