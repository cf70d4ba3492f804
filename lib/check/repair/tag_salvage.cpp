#include "check/repair/tag_salvage.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/tag/tag_inner.h"
#include "vde/text.h"

namespace vde {
namespace {

// The maximum number of lost blocks, and of tags, that are named.
constexpr size_t kMaxTagsNamed = 16;

// Visits the entries of a leaf whose count may be wrong, as long as they are in order.
template <class Visit>
void each_plausible_entry(Bytes payload, Visit visit) {
  BlockBuffer copy(payload.begin(), payload.end());
  const uint64_t max = std::min<uint64_t>(load_le<uint16_t>(copy, 1), copy.size() / 8);
  store_le(MutableBytes(copy), 1, static_cast<uint16_t>(max));
  const auto leaf = TagLeaf::open(copy);
  if (!leaf) return;
  TagView entry;
  std::string_view last;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf->count() && leaf->read(at, entry); ++i) {
    if (entry.key < last || (i > 0 && entry.key.empty())) return;
    last = entry.key;
    visit(entry);
  }
}

}  // namespace

TagSalvage::TagSalvage(StructureRepair& repair, BlockRange region)
    : repair_(repair), region_(region), seen_(region.count()) {}

Result<void> TagSalvage::gather(const Take& take) {
  take_ = &take;
  VDE_TRY(read_header());
  VDE_TRY(descend());
  if (needs_more()) VDE_TRY(follow_chain());
  if (needs_more()) VDE_TRY(take_orphans());
  return {};
}

Result<void> TagSalvage::read_header() {
  VDE_TRY_ASSIGN(head, repair_.read(region_.begin));
  const auto checked = head.check(block_types::kTagIndex);
  if (!checked || all_zero(checked->payload())) return {};
  const TagIndexHeader header = kTagIndexHeaderLayout.decode(checked->payload());
  if (header.entry_count >= 0) counted_ = header.entry_count;
  if (header.depth >= 0) leaf_depth_ = static_cast<uint32_t>(header.depth);
  return {};
}

// Whether leaves outside the tree are needed. If only leaves are lost, all other leaves are known.
bool TagSalvage::needs_more() const {
  if (has_bad_child_) return true;
  if (min_depth_) return !leaf_depth_ || *min_depth_ < *leaf_depth_;
  return counted_ && found_ < *counted_;
}

bool TagSalvage::is_node(int64_t number) const {
  return number > static_cast<int64_t>(kTagRoot) && number < static_cast<int64_t>(region_.count());
}

// Depth first, left to right. Each node is added only once, so that the list is at most as long as
// the region.
Result<void> TagSalvage::descend() {
  bool leaf_seen = false;
  std::vector<Visit> waiting{{kTagRoot, 0}};
  seen_[kTagRoot] = true;
  while (!waiting.empty()) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    const Visit visit = waiting.back();
    waiting.pop_back();
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + visit.number));
    const size_t before = waiting.size();
    VDE_TRY_ASSIGN(taken, take_node(block, visit, waiting));
    if (!taken) {
      min_depth_ = std::min(min_depth_.value_or(visit.depth), visit.depth);
      lose(block);
    } else if (!leaf_seen && waiting.size() == before) {
      leaf_seen = true;
      leaf_depth_ = visit.depth;
    }
  }
  return {};
}

Result<bool> TagSalvage::take_node(const UncheckedBlock& block, Visit visit,
                                   std::vector<Visit>& waiting) {
  const auto checked = block.check(block_types::kTagIndex);
  if (!checked) return false;
  if (checked->payload()[0] == kTagLeafType) return take_leaf(checked->payload(), 0);
  return take_inner(checked->payload(), visit.depth, waiting);
}

bool TagSalvage::take_inner(Bytes payload, uint32_t depth, std::vector<Visit>& waiting) {
  const Result<TagInner> inner = TagInner::decode(payload);
  if (!inner) return false;
  for (size_t i = inner->count() + 1; i-- > 0;) {
    const int64_t child = inner->child(i);
    if (!is_node(child) || seen_[static_cast<size_t>(child)]) {
      has_bad_child_ = true;
      continue;
    }
    seen_[static_cast<size_t>(child)] = true;
    waiting.push_back({static_cast<uint32_t>(child), depth + 1});
  }
  return true;
}

Result<bool> TagSalvage::take_leaf(Bytes payload, uint64_t rank) {
  const auto leaf = TagLeaf::open(payload);
  if (!leaf || leaf->shape() == TagLeaf::Shape::kBroken) {
    VDE_TRY(salvage(payload, rank));
    return false;
  }
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf->count() && leaf->read(at, entry); ++i) {
    ++found_;
    VDE_TRY((*take_)(entry, rank));
  }
  if (is_node(leaf->next_leaf())) chain_.push_back(static_cast<uint32_t>(leaf->next_leaf()));
  return true;
}

// The leaf is intact, but claims more entries than it has.
Result<void> TagSalvage::salvage(Bytes payload, uint64_t rank) {
  Result<void> taken;
  each_plausible_entry(payload, [&](const TagView& entry) {
    if (!taken) return;
    ++found_;
    taken = (*take_)(entry, rank);
  });
  return taken;
}

Result<void> TagSalvage::follow_chain() {
  while (!chain_.empty()) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    const uint32_t number = chain_.back();
    chain_.pop_back();
    if (seen_[number]) continue;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + number));
    const auto checked = block.check(block_types::kTagIndex);
    if (checked) VDE_TRY(take_older(block, *checked));
  }
  return {};
}

// It is unknown which leaves the lost part of the tree led to: takes all that were not reached.
Result<void> TagSalvage::take_orphans() {
  for (uint64_t number = kTagRoot + 1; number < region_.count(); ++number) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    if (seen_[number]) continue;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + number));
    if (block.is_unwritten()) continue;
    const auto checked = block.check(block_types::kTagIndex);
    if (!checked) {
      lose(block);
      continue;
    }
    VDE_TRY(take_older(block, *checked));
  }
  return {};
}

// Takes a node that the tree does not lead to, if it is a leaf.
Result<void> TagSalvage::take_older(const UncheckedBlock& block, const CheckedBlock& checked) {
  if (checked.payload()[0] != kTagLeafType) return {};
  seen_[block.number() - region_.begin] = true;
  VDE_TRY_ASSIGN(taken, take_leaf(checked.payload(), 1 + uint64_t{checked.trailer().generation}));
  if (!taken) lose(block);
  return {};
}

// Entries in a damaged block are used only for names in messages.
void TagSalvage::lose(const UncheckedBlock& block) {
  ++lost_count_;
  if (lost_.size() < kMaxTagsNamed) lost_.push_back(block.number());
  if (block.unchecked_payload()[0] != kTagLeafType) return;
  each_plausible_entry(block.unchecked_payload(), [&](const TagView& entry) {
    if (names_.size() < 4 * kMaxTagsNamed) names_.emplace(entry.key, entry.inode);
  });
}

void TagSalvage::keep(const TagView& entry) {
  ++kept_;
  if (!names_.empty()) names_.erase({std::string(entry.key), entry.inode});
}

std::string TagSalvage::loses() const {
  if (counted_ && *counted_ <= kept_) return {};
  if (!counted_ && lost_count_ == 0) return {};
  std::string text = counted_ ? fmt::format("{} of {} tags", *counted_ - kept_, *counted_)
                              : std::string("an unknown number of tags");
  for (size_t i = 0; i < lost_.size(); ++i)
    text += fmt::format("{}{}",
                        i > 0             ? ", "
                        : lost_count_ > 1 ? " (blocks "
                                          : " (block ",
                        lost_[i]);
  if (lost_count_ > lost_.size()) text += fmt::format(" and {} more", lost_count_ - lost_.size());
  if (lost_count_ > 0) text += ")";
  size_t named = 0;
  for (const auto& [key, inode] : names_) {
    if (named == kMaxTagsNamed) break;
    text += fmt::format("{} '{}' of inode {}", named == 0 ? "; readable there (unverified):" : ",",
                        escape(key), inode);
    ++named;
  }
  if (names_.size() > named) text += " and more";
  return text;
}

}  // namespace vde
