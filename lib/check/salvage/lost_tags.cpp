#include "check/salvage/lost_tags.h"

#include <algorithm>
#include <utility>

#include "base/endian.h"
#include "io/block_io.h"

namespace vde {
namespace {

std::pair<std::string_view, int64_t> order_of(const TagView& entry) {
  return {entry.key, entry.inode};
}

// The number of entries of a leaf, according to its index if it has one.
uint16_t likely_count(Bytes payload) {
  uint64_t count = load_le<uint16_t>(payload, 1);
  const size_t mark = payload.size() - kTagLinkSize - sizeof(uint16_t);
  if (load_le<uint16_t>(payload, mark) == kTagIndexMark)
    count = load_le<uint16_t>(payload, mark - sizeof(uint16_t));
  return static_cast<uint16_t>(std::min<uint64_t>(count, payload.size() / kTagEntryFixed));
}

BlockBuffer with_count(Bytes payload, uint32_t count) {
  BlockBuffer copy(payload.begin(), payload.end());
  store_le(MutableBytes(copy), 1, static_cast<uint16_t>(count));
  return copy;
}

// Whether the index of a leaf describes exactly its entries.
bool has_right_index(const TagLeaf& leaf) {
  if (!leaf.has_index() || leaf.shape() != TagLeaf::Shape::kSound) return false;
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count(); ++i) {
    if (leaf.offset(i) != at || !leaf.read(at, entry) ||
        leaf.fingerprint(i) != tag_fingerprint(tag_key_hash(entry.key)))
      return false;
  }
  return true;
}

// The entries of a leaf without an index: as many as are in order and are not zero, if only zeros
// follow. 0 if something else does.
uint32_t count_in_order(const TagLeaf& all, Bytes payload) {
  TagView entry;
  std::string_view last;
  uint32_t count = 0;
  size_t at = TagLeaf::kFirst;
  const size_t end = payload.size() - kTagLinkSize;
  while (count < all.count() && !all_zero(payload.subspan(at, end - at))) {
    if (!all.read(at, entry) || entry.key < last || entry.key.empty()) return 0;
    last = entry.key;
    ++count;
  }
  return count;
}

}  // namespace

uint32_t proven_count(Bytes payload) {
  const auto leaf = TagLeaf::open(payload);
  if (!leaf) return 0;
  const uint32_t likely = likely_count(payload);
  if (likely > leaf->count()) {
    const BlockBuffer copy = with_count(payload, likely);
    const auto whole = TagLeaf::open(copy);
    return whole && has_right_index(*whole) ? likely : leaf->count();
  }
  if (likely < leaf->count() || leaf->has_index()) return leaf->count();
  const BlockBuffer copy =
      with_count(payload, static_cast<uint32_t>(payload.size() / kTagEntryFixed));
  const auto all = TagLeaf::open(copy);
  return all ? std::max(leaf->count(), count_in_order(*all, payload)) : leaf->count();
}

void each_proven_tag(Bytes payload, uint32_t first, const TagVisitor& visit) {
  const BlockBuffer copy = with_count(payload, proven_count(payload));
  const auto leaf = TagLeaf::open(copy);
  if (!leaf) return;
  uint32_t number = 0;
  each_tag(*leaf, copy, [&](const TagView& entry) { return number++ < first || visit(entry); });
}

void each_tag(const TagLeaf& leaf, Bytes payload, const TagVisitor& visit) {
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count(); ++i) {
    const size_t begin = at;
    if (!leaf.read(at, entry) || all_zero(payload.subspan(begin, at - begin))) return;
    if (!visit(entry)) return;
  }
}

void each_likely_tag(Bytes payload, const TagVisitor& visit) {
  const BlockBuffer copy = with_count(payload, likely_count(payload));
  const auto leaf = TagLeaf::open(copy);
  if (!leaf) return;
  std::string_view last;
  each_tag(*leaf, copy, [&](const TagView& entry) {
    if (entry.key < last) return false;
    last = entry.key;
    return visit(entry);
  });
}

Result<uint64_t> LostTags::add(const UncheckedBlock& block) {
  uint64_t count = 0;
  Result<void> added;
  each_likely_tag(block.unchecked_payload(), [&](const TagView& entry) {
    if (!sort_) sort_ = std::make_unique<TagSort>(kMinSortMemory, std::string());
    added = sort_->add(entry, block.number());
    ++count;
    return added.has_value();
  });
  if (!added) return propagate(added);
  return count;
}

Result<void> LostTags::start() {
  more_ = false;
  if (!sort_) return {};
  VDE_TRY(sort_->start_reading());
  return advance();
}

Result<void> LostTags::advance() {
  VDE_TRY_ASSIGN(more, sort_->next(next_));
  more_ = more;
  return {};
}

// Skips all entries with this key and inode: there may be several copies of a leaf.
Result<void> LostTags::visit_next(const Visitor& visit) {
  const std::string key(next_.entry.key);
  const int64_t inode = next_.entry.inode;
  VDE_TRY(visit(next_.entry, next_.line));
  while (more_ && next_.entry.key == key && next_.entry.inode == inode) VDE_TRY(advance());
  return {};
}

Result<void> LostTags::keep(const TagView& kept, const Visitor& visit) {
  while (more_ && order_of(next_.entry) < order_of(kept)) VDE_TRY(visit_next(visit));
  while (more_ && order_of(next_.entry) == order_of(kept)) VDE_TRY(advance());
  return {};
}

Result<void> LostTags::finish(const Visitor& visit) {
  while (more_) VDE_TRY(visit_next(visit));
  return {};
}

}  // namespace vde
