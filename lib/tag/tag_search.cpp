#include "tag/tag_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "format/tag/tag_filter.h"

namespace vde {
namespace {

bool all_unwritten(const BlockIo& io, BlockRange blocks) {
  BlockBuffer buffer = io.make_buffer();
  for (uint64_t number = blocks.begin; number < blocks.end; ++number) {
    const auto block = io.read(number, buffer);
    if (!block || !all_zero(block->unchecked_payload())) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xFF) end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

Result<std::unique_ptr<TagSearch>> TagSearch::open(const BlockIo& io, BlockRange region,
                                                   std::unique_ptr<FileMapping> mapping) {
  if (region.count() < 2)
    return fail_at(region.begin, ErrorCode::kDamaged, "the tag index has no room for a root",
                   kRunVerify);
  std::unique_ptr<TagSearch> search(new TagSearch(io, region, std::move(mapping)));
  VDE_TRY(search->read_header(io, region));
  return search;
}

Result<void> TagSearch::read_header(const BlockIo& io, BlockRange region) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(region.begin, buffer));
  if (all_zero(block.unchecked_payload())) {
    if (!all_unwritten(io, {region.begin + 1, region.end}))
      return damaged(0, "the header of the tag index is all zero, but the index is not empty");
    empty_ = true;
    return {};
  }
  VDE_TRY_ASSIGN(checked, block.check(block_types::kTagIndex));
  header_ = kTagIndexHeaderLayout.decode(checked.payload());
  if (header_.entry_count < 0 || header_.depth < 0)
    return damaged(0, fmt::format("the tag index claims {} entries at depth {}",
                                  header_.entry_count, header_.depth));
  entries_ = static_cast<uint64_t>(header_.entry_count);
  const Bytes bits = checked.payload().subspan(kTagIndexHeaderLayout.size());
  bloom_.assign(bits.begin(), bits.end());
  const auto extension = decode_tag_extension(checked.payload());
  if (!extension) return {};
  own_ = true;
  blocks_.allow_up_to(checked.trailer().generation);
  sorted_ = (extension->flags & kTagEqualKeysSorted) != 0;
  lines_per_block_ = tag_lines_per_block(io.block_size());
  const uint64_t blocks = divide_up(extension->filter_lines, lines_per_block_);
  if (extension->filter_start <= kTagRoot || extension->filter_start + blocks > region.count())
    return {};
  filter_start_ = extension->filter_start;
  filter_lines_ = extension->filter_lines;
  return {};
}

tl::unexpected<Error> TagSearch::damaged(uint64_t number, std::string what) const {
  return fail_at(blocks_.place(number), ErrorCode::kDamaged, std::move(what), kRunVerify);
}

Result<void> TagSearch::check_depth(uint64_t number, size_t depth) {
  if (!own_) return {};
  if (depth != static_cast<size_t>(header_.depth))
    return damaged(number,
                   fmt::format("a leaf of the tag tree has depth {}, but the header says {}", depth,
                               header_.depth));
  if (depth > 0) return {};
  const std::optional<TagLeaf> root = blocks_.leaf(number);
  if (!root) return blocks_.failure();
  return check_count(root->count());
}

Result<void> TagSearch::check_count(uint64_t seen) const {
  if (seen == entries_) return {};
  return damaged(
      0, fmt::format("the tag index counts {} tags, but its leaves hold {}", entries_, seen));
}

Result<void> TagSearch::check_next(uint64_t number, const TagLeaf& leaf, std::string_view key) {
  const auto next = static_cast<uint64_t>(int64_t{leaf.next_leaf()});
  if (next == 0 || next >= blocks_.count()) return {};
  const std::optional<TagLeaf> after = blocks_.leaf(next);
  if (!after) return blocks_.failure();
  TagView first;
  size_t at = TagLeaf::kFirst;
  if (after->count() == 0 || !after->read(at, first) || first.key >= key) return {};
  return damaged(number, "the leaf after this one is missing from the tag tree");
}

Result<void> TagSearch::check_miss(const LeafPlace& place, std::string_view key) {
  const std::optional<TagLeaf> leaf = blocks_.leaf(place.number);
  if (!leaf) return blocks_.failure();
  TagView entry;
  size_t at = TagLeaf::kFirst;
  bool within = true;
  for (uint32_t i = 0; i < leaf->count() && leaf->read(at, entry); ++i) {
    if (i == 0 && place.left_node != nullptr)
      within = entry.key >= place.left_node->key(place.left_child);
    if (i + 1 == leaf->count() && place.node != nullptr)
      within = within && entry.key <= place.node->key(place.child);
  }
  if (!within)
    return damaged(place.number, "a leaf of the tag tree has tags beyond its separators");
  if (leaf->count() > 0 && entry.key >= key) return {};
  return check_next(place.number, *leaf, key);
}

// The position of the line of a key with this hash. There must be a line filter.
TagSearch::LinePlace TagSearch::line_place(uint64_t hash) const {
  const uint64_t line = tag_line_of(hash, filter_lines_);
  return {filter_start_ + line / lines_per_block_, tag_line_offset(line % lines_per_block_)};
}

bool TagSearch::in_filter(uint64_t hash) {
  const LinePlace place = line_place(hash);
  const uint8_t* payload = blocks_.payload(place.number);
  return payload == nullptr ||
         tag_line_may_contain(Bytes(payload + place.offset, kTagLineSize), hash);
}

void TagSearch::prefetch_filter(uint64_t hash) const {
  if (filter_lines_ == 0) return;
  const LinePlace place = line_place(hash);
  blocks_.prefetch(place.number, place.offset);
}

bool TagSearch::may_contain(std::string_view key, uint64_t hash) {
  if (filter_lines_ > 0) return in_filter(hash);
  return bloom_may_contain(bloom_, static_cast<uint32_t>(std::max(header_.bloom_bits, 0)),
                           header_.bloom_hashes, key);
}

// Returns the node in a block. Inner nodes are cached.
Result<TagSearch::At> TagSearch::meet(uint64_t number) {
  const uint8_t* payload = blocks_.payload(number);
  if (payload == nullptr) return blocks_.failure();
  if (*payload == kTagLeafType) return At{nullptr, number};
  if (Inner* found = inner_.find(number)) return At{found, number};
  Result<TagInner> decoded = TagInner::decode(Bytes(payload, blocks_.payload_bytes()));
  if (!decoded)
    return damaged(number,
                   fmt::format("block {}: {}", blocks_.place(number), decoded.error().message));
  return At{inner_.keep(number, {std::move(*decoded), {}}), number};
}

Result<TagSearch::At> TagSearch::root() {
  if (!root_) {
    VDE_TRY_ASSIGN(met, meet(kTagRoot));
    root_ = met;
  }
  return *root_;
}

Result<TagSearch::At> TagSearch::step(const At& at, size_t child) {
  Inner& node = *at.inner;
  const int32_t child_number = node.keys.child(child);
  const auto number = static_cast<uint64_t>(int64_t{child_number});
  if (!node.below.empty() && node.below[child] != nullptr) return At{node.below[child], number};
  if (number <= kTagRoot || number >= blocks_.count())
    return fail(ErrorCode::kDamaged,
                fmt::format("block {} of the tag index refers to its block {}, which is not a node",
                            blocks_.place(0), child_number),
                kRunVerify);
  blocks_.prefetch(number);
  VDE_TRY_ASSIGN(met, meet(number));
  if (met.inner == &node) return damaged(number, "the tag tree contains a cycle");
  if (met.inner == nullptr) return met;
  node.below.resize(node.keys.count() + 1);
  node.below[child] = met.inner;
  return met;
}

TagSearch::Place TagSearch::lower_bound(const TagLeaf& leaf, std::string_view key) {
  Place place;
  TagView entry;
  if (leaf.has_index()) {
    uint32_t end = leaf.count();
    while (place.i < end) {
      const uint32_t middle = place.i + (end - place.i) / 2;
      size_t at = leaf.offset(middle);
      if (leaf.read(at, entry) && entry.key < key)
        place.i = middle + 1;
      else
        end = middle;
    }
    if (place.i < leaf.count()) place.at = leaf.offset(place.i);
    return place;
  }
  for (size_t at = place.at; place.i < leaf.count(); ++place.i, place.at = at)
    if (!leaf.read(at, entry) || entry.key >= key) break;
  return place;
}

// Searches by fingerprint. Finding nothing is not conclusive, because an index may be wrong.
std::optional<TagSearch::Place> TagSearch::first_match(const TagLeaf& leaf, std::string_view key,
                                                       uint64_t hash) {
  if (!leaf.has_index()) return std::nullopt;
  const uint8_t fingerprint = tag_fingerprint(hash);
  TagView entry;
  for (uint32_t i = leaf.match(fingerprint, 0); i < leaf.count();
       i = leaf.match(fingerprint, i + 1)) {
    const Place place{i, leaf.offset(i)};
    leaf.prefetch(place.at);
    size_t at = place.at;
    if (leaf.read(at, entry) && entry.key == key) return place;
  }
  return std::nullopt;
}

Result<uint64_t> TagSearch::next_in_chain(uint64_t number, int32_t next, uint64_t& steps) const {
  if (next < 0 || static_cast<uint64_t>(next) >= blocks_.count())
    return damaged(
        number,
        fmt::format(
            "the next leaf of the tag leaf in block {} is block {} of the region, which is not one",
            blocks_.place(number), next));
  if (++steps > blocks_.count()) return damaged(number, "the chain of tag leaves contains a cycle");
  return static_cast<uint64_t>(next);
}

Result<uint64_t> TagSearch::get(std::string_view key, std::optional<int64_t> inode,
                                const TagVisitor& visit) {
  if (empty_) return 0;
  const uint64_t hash = tag_key_hash(key);
  if (inode && sorted_) {
    if (!may_contain(key, hash)) return 0;
    VDE_TRY_ASSIGN(found, get_sorted(key, *inode, visit));
    if (found) return *found;
  }
  // After a hit the next lookup usually hits, too, so the filter is not worth reading.
  if (!found_last_ && !may_contain(key, hash)) return 0;
  VDE_TRY_ASSIGN(leaf, first_leaf(key));
  VDE_TRY_ASSIGN(found, get_run(leaf, key, inode, hash, visit));
  found_last_ = found > 0;
  return found;
}

// The first leaf that may hold the key.
Result<TagSearch::LeafPlace> TagSearch::first_leaf(std::string_view key) {
  VDE_TRY_ASSIGN(at, root());
  LeafPlace leaf;
  const auto choose = [&](const At& node) {
    const size_t child = node.keys().lower(key);
    leaf.descend(node.keys(), child);
    return child;
  };
  VDE_TRY(Descent::to_leaf(*this, at, 0, choose));
  leaf.number = at.number;
  VDE_TRY(check_depth(leaf.number, leaf.depth));
  return leaf;
}

// Continues from that leaf as long as leaves end with the key.
Result<uint64_t> TagSearch::get_run(const LeafPlace& start, std::string_view key,
                                    std::optional<int64_t> inode, uint64_t hash,
                                    const TagVisitor& visit) {
  uint64_t found = 0;
  uint64_t number = start.number;
  bool goes_on = false;
  TagView entry;
  for (uint64_t steps = 0; number != 0;) {
    const std::optional<TagLeaf> leaf = blocks_.leaf(number);
    if (!leaf) return blocks_.failure();
    const auto match = first_match(*leaf, key, hash);
    Place place = match ? *match : lower_bound(*leaf, key);
    if (steps > 0 && place.i == leaf->count() && place.i > 0)
      return damaged(number, "the tag leaves are out of order");
    for (; place.i < leaf->count(); ++place.i) {
      if (!leaf->read(place.at, entry))
        return damaged(number, "a tag leaf changed while it was read");
      if (entry.key != key) {
        if (!match && !goes_on && number == start.number) VDE_TRY(check_miss(start, key));
        return found;
      }
      if (inode && entry.inode != *inode) continue;
      ++found;
      if (!visit(entry)) return found;
      goes_on = true;
    }
    if (!match && !goes_on && !start.ends_with(key)) {
      VDE_TRY(check_miss(start, key));
      return found;
    }
    goes_on = true;
    VDE_TRY_ASSIGN(next, next_in_chain(number, leaf->next_leaf(), steps));
    number = next;
  }
  return found;
}

// Nothing if the leaf is empty.
Result<std::optional<TagView>> TagSearch::first(const At& at) {
  const std::optional<TagLeaf> leaf = blocks_.leaf(at.number);
  if (!leaf) return blocks_.failure();
  TagView entry;
  size_t byte = TagLeaf::kFirst;
  if (leaf->count() == 0 || !leaf->read(byte, entry)) return std::optional<TagView>();
  return std::optional<TagView>(entry);
}

// Descends directly to the entry. Nothing if there is an empty leaf on the way, which a sorted
// index does not have.
Result<std::optional<uint64_t>> TagSearch::get_sorted(std::string_view key, int64_t inode,
                                                      const TagVisitor& visit) {
  VDE_TRY_ASSIGN(at, root());
  LeafPlace place;
  const auto choose = [&](const At& node) {
    Result<std::optional<size_t>> child = Descent::choose(*this, node, key, inode);
    if (child && *child) place.descend(node.keys(), **child);
    return child;
  };
  VDE_TRY_ASSIGN(found, Descent::to_leaf(*this, at, 0, choose));
  if (!found) return std::optional<uint64_t>();
  place.number = at.number;
  VDE_TRY(check_depth(place.number, place.depth));
  const std::optional<TagLeaf> leaf = blocks_.leaf(place.number);
  if (!leaf) return blocks_.failure();
  TagView entry;
  uint32_t low = 0;
  if (leaf->has_index()) {
    for (uint32_t high = leaf->count(); low < high;) {
      const uint32_t middle = low + (high - low) / 2;
      size_t byte = leaf->offset(middle);
      static_cast<void>(leaf->read(byte, entry));
      const int order = entry.key.compare(key);
      if (order < 0 || (order == 0 && entry.inode < inode))
        low = middle + 1;
      else
        high = middle;
    }
  }
  size_t byte = TagLeaf::kFirst;
  if (low > 0 && low < leaf->count()) byte = leaf->offset(low);
  for (; low < leaf->count() && leaf->read(byte, entry) && entry.key <= key; ++low) {
    if (entry.key != key || entry.inode != inode) {
      if (leaf->has_index()) break;
      continue;
    }
    static_cast<void>(visit(entry));
    return std::optional<uint64_t>(1);
  }
  VDE_TRY(check_miss(place, key));
  return std::optional<uint64_t>(0);
}

}  // namespace vde
