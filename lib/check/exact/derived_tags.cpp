#include "check/exact/derived_tags.h"

#include <algorithm>
#include <map>

#include "check/written_blocks.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "format/tag/tag_inner.h"
#include "tag/tag_tree.h"

namespace vde {
namespace {

// Larger indexes are left alone: first and last keys of all leaves are kept.
constexpr uint64_t kMaxIndexBlocks = uint64_t{1} << 18;

struct LeafFacts {
  std::string first;
  std::string last;
  int32_t next = 0;
};

// The keys of a leaf, in its order.
std::vector<std::string_view> keys_of(const TagLeaf& leaf) {
  std::vector<std::string_view> keys;
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count() && leaf.read(at, entry); ++i) keys.push_back(entry.key);
  return keys;
}

class TagDerivation {
 public:
  TagDerivation(const BlockIo& io, BlockRange region, const Activity& activity)
      : io_(io), region_(region), activity_(activity) {}

  Result<std::vector<DerivedPayload>> derive(uint64_t index) {
    std::vector<DerivedPayload> found;
    if (region_.count() > kMaxIndexBlocks) return found;
    VDE_TRY(read_nodes());
    if (index == 0) {
      VDE_TRY(derive_header(found));
    } else if (covers(extension_, index)) {
      VDE_TRY(derive_filter(index, found));
    } else {
      derive_inner(static_cast<int32_t>(index), found);
    }
    return found;
  }

 private:
  // Calls `visit` with the payload of each block that verifies.
  template <class Visit>
  Result<void> each_block(Visit visit) {
    return each_written_block(
        io_, region_, activity_, [&](const UncheckedBlock& block) -> Result<void> {
          if (block.check(block_types::kTagIndex))
            visit(static_cast<int32_t>(block.number() - region_.begin), block.unchecked_payload());
          return {};
        });
  }

  Result<void> read_nodes() {
    return each_block([&](int32_t number, Bytes payload) {
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
    });
  }

  [[nodiscard]] bool covers(const std::optional<TagExtension>& extension, uint64_t index) const {
    if (!extension || extension->filter_start == 0) return false;
    const uint64_t blocks =
        (uint64_t{extension->filter_lines} + tag_lines_per_block(io_.block_size()) - 1) /
        tag_lines_per_block(io_.block_size());
    return index >= extension->filter_start && index - extension->filter_start < blocks;
  }

  // Levels below the root.
  [[nodiscard]] int16_t depth() const {
    int16_t depth = 0;
    int32_t at = static_cast<int32_t>(kTagRoot);
    for (auto node = inner_.find(at); node != inner_.end() && depth < int16_t{kMaxTagLevels};
         node = inner_.find(at)) {
      ++depth;
      at = node->second.front();
    }
    return depth;
  }

  // Counts and Bloom bits from the leaves; what vdetool keeps at the end, as it lies there.
  Result<void> derive_header(std::vector<DerivedPayload>& found) {
    BlockBuffer buffer = io_.make_buffer();
    VDE_TRY_ASSIGN(block, io_.read(region_.begin, buffer));
    const Bytes damaged = block.unchecked_payload();
    TagIndexHeader header;
    header.entry_count = static_cast<int32_t>(std::min<uint64_t>(entries_, INT32_MAX));
    header.depth = depth();
    header.bloom_bits = static_cast<int32_t>(default_bloom_bits(io_.block_size()));
    DerivedPayload derived{BlockBuffer(damaged.size()), "the leaves of the tag index"};
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

  template <class Visit>
  Result<void> each_key(Visit visit) {
    return each_block([&](int32_t number, Bytes payload) {
      const auto leaf = number == 0 ? std::nullopt : TagLeaf::open(payload);
      if (!leaf) return;
      for (const std::string_view key : keys_of(*leaf)) visit(key);
    });
  }

  Result<void> derive_filter(uint64_t index, std::vector<DerivedPayload>& found) {
    const uint64_t per_block = tag_lines_per_block(io_.block_size());
    const uint64_t first = (index - extension_->filter_start) * per_block;
    DerivedPayload derived{BlockBuffer(payload_size(io_.block_size())),
                           "the leaves of the tag index"};
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

  // The place of every leaf in their chain; empty where that is broken.
  [[nodiscard]] std::map<int32_t, size_t> chain() const {
    std::map<int32_t, size_t> followed;
    for (const auto& [number, leaf] : leaves_) ++followed[leaf.next];
    std::map<int32_t, size_t> places;
    for (const auto& [number, leaf] : leaves_) {
      if (followed.contains(number)) continue;
      if (!places.empty()) return {};
      for (int32_t at = number; at != 0;) {
        const auto found = leaves_.find(at);
        if (found == leaves_.end() || !places.try_emplace(at, places.size()).second) return {};
        at = found->second.next;
      }
    }
    return places;
  }

  // The leaf at one end of what a node leads to; nothing where it leads to none.
  [[nodiscard]] std::optional<int32_t> end_leaf(int32_t number, bool last) const {
    for (size_t level = 0; level < kMaxTagLevels; ++level) {
      if (leaves_.contains(number)) return number;
      const auto node = inner_.find(number);
      if (node == inner_.end()) return std::nullopt;
      number = last ? node->second.back() : node->second.front();
    }
    return std::nullopt;
  }

  // Nodes that no valid node names, in the order of their leaves: the children of the lost one.
  [[nodiscard]] std::vector<int32_t> children_of_lost(int32_t lost) const {
    std::map<int32_t, bool> named;
    for (const auto& [number, children] : inner_)
      for (const int32_t child : children) named[child] = true;
    const std::map<int32_t, size_t> places = chain();
    std::map<size_t, int32_t> ordered;
    const auto add = [&](int32_t number) {
      if (number == lost || number == static_cast<int32_t>(kTagRoot) || named.contains(number))
        return;
      const auto leaf = end_leaf(number, false);
      const auto place = leaf ? places.find(*leaf) : places.end();
      if (place != places.end()) ordered.emplace(place->second, number);
    };
    for (const auto& [number, leaf] : leaves_) add(number);
    for (const auto& [number, children] : inner_) add(number);
    std::vector<int32_t> children;
    for (const auto& [place, number] : ordered) children.push_back(number);
    return children;
  }

  // With the separators of vdetool and with those of the SDK, a right leaf's first key.
  void derive_inner(int32_t number, std::vector<DerivedPayload>& found) const {
    const std::vector<int32_t> children = children_of_lost(number);
    if (children.size() < 2 || children.size() - 1 > max_node_keys(io_.block_size())) return;
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
      DerivedPayload derived{BlockBuffer(payload_size(io_.block_size())),
                             "the leaves of the tag index"};
      TagNode node;
      node.leaf = false;
      node.keys = *keys;
      node.children = children;
      if (encode_tag_node(node, derived.payload)) found.push_back(std::move(derived));
    }
  }

  BlockIo io_;
  BlockRange region_;
  const Activity& activity_;
  std::optional<TagExtension> extension_;
  std::map<int32_t, LeafFacts> leaves_;
  std::map<int32_t, std::vector<int32_t>> inner_;  // the children of each
  uint64_t entries_ = 0;
};

}  // namespace

Result<std::vector<DerivedPayload>> derive_tag_block(const BlockIo& io, BlockRange region,
                                                     uint64_t index, const Activity& activity) {
  return TagDerivation(io, region, activity).derive(index);
}

}  // namespace vde
