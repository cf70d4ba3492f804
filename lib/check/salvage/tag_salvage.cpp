#include "check/salvage/tag_salvage.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/passes/lost_entries.h"
#include "check/salvage/tag_blocks.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_inner.h"
#include "vde/text.h"

namespace vde {
namespace {

// The maximum number of lost blocks, and of tags, that are named.
constexpr size_t kMaxTagsNamed = 16;
// The maximum number of gaps to compare leaves with. With more gaps, any leaf may fit.
constexpr size_t kMaxGaps = 4096;
// A valid tree has far fewer levels.
constexpr size_t kMaxLevels = 64;

}  // namespace

TagSalvage::TagSalvage(StructureRepair& repair, BlockRange region)
    : repair_(repair), region_(region), leaves_(repair, region), seen_(region.count()) {}

Result<void> TagSalvage::gather(const TakeTag& take) {
  leaves_.start(take);
  VDE_TRY(read_header());
  VDE_TRY(descend());
  VDE_TRY(take_misplaced());
  if (lacks_tags()) VDE_TRY(leaves_.take_uncounted());
  // Without a count, only the chain shows that the tree lacks a leaf.
  if (lacks_tags()) VDE_TRY(check_root());
  if (needs_more() || !counted_) VDE_TRY(follow_chain());
  if (const auto& last = leaves_.broken_after(); !counted_ && last) {
    has_bad_child_ = true;
    add_gap({*last, std::nullopt});
  }
  if (needs_more()) VDE_TRY(take_orphans());
  if (lacks_tags()) VDE_TRY(leaves_.take_uncounted());
  return take_counted();
}

// A tree whose root is a copy leads to a part of the leaves only.
Result<void> TagSalvage::check_root() {
  VDE_TRY_ASSIGN(is_copy, is_root_copy());
  bool is_part = is_copy;
  for (uint64_t number = 0; !is_part && number < region_.count(); ++number) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    if (seen_[number]) continue;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + number));
    const auto node = tag_node_of(block);
    if (node) is_part = leads_to_tree(node->payload()) || is_likely_root(*node);
  }
  if (!is_part) return {};
  has_bad_child_ = true;
  add_gap({});
  return {};
}

// Whether this is an inner node although the root is a leaf. Old ones that other programs left
// count only if nothing else says how many tags there are.
bool TagSalvage::is_likely_root(const CheckedBlock& node) const {
  if (counted_ || !leaf_seen_ || leaf_depth_ != 0) return false;
  const Result<TagInner> inner = TagInner::decode(node.payload());
  return inner && inner->count() > 0;
}

// Whether a leaf outside the tree is the one before the first leaf of the tree.
bool TagSalvage::leads_to_tree(Bytes payload) const {
  if (!is_tag_leaf(payload)) return false;
  const auto leaf = TagLeaf::open(payload);
  if (!leaf || !leaves_.first_key() || !is_tag_child(leaf->next_leaf(), region_.count()) ||
      !seen_[static_cast<size_t>(leaf->next_leaf())])
    return false;
  bool before = true;
  each_tag(*leaf, payload, [&](const TagView& entry) {
    before = entry.key < *leaves_.first_key();
    return before;
  });
  return before;
}

// A root that is a leaf has no successor, and no other block holds the same.
Result<bool> TagSalvage::is_root_copy() {
  VDE_TRY_ASSIGN(block, repair_.read(region_.begin + kTagRoot));
  const auto root = tag_node_of(block);
  if (!root || root->payload()[0] != kTagLeafType) return false;
  const auto leaf = TagLeaf::open(root->payload());
  if (!leaf || leaf->next_leaf() != 0 || leaf->count() == 0) return leaf && leaf->next_leaf() != 0;
  const uint64_t content = root->trailer().checksum;
  for (uint64_t number = 0; number < region_.count(); ++number) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    if (number == kTagRoot) continue;
    VDE_TRY_ASSIGN(other, repair_.read(region_.begin + number));
    if (tag_node_of(other) && other.unchecked_trailer().checksum == content) return true;
  }
  return false;
}

Result<void> TagSalvage::read_header() {
  VDE_TRY_ASSIGN(head, repair_.read(region_.begin));
  const auto checked = head.check_payload();
  if (!checked || all_zero(checked->payload())) return {};
  // Another block in its place counts nothing.
  if (!is_tag_header(head)) return {};
  const TagIndexHeader header = kTagIndexHeaderLayout.decode(checked->payload());
  if (header.entry_count >= 0) counted_ = header.entry_count;
  if (header.depth >= 0) leaf_depth_ = static_cast<size_t>(header.depth);
  if (decode_tag_extension(checked->payload())) header_generation_ = checked->trailer().generation;
  return {};
}

// vdetool writes the header with every change of the index.
void TagSalvage::compare_age(const UncheckedBlock& node) {
  const Trailer trailer = node.unchecked_trailer();
  if (!header_generation_ || trailer.type != block_types::kTagIndex) return;
  if (is_later_generation(trailer.generation, *header_generation_) &&
      !is_newer(repair_.probe(), trailer.generation))
    counted_.reset();
}

// Whether the header does not exclude that there are more tags than were found.
bool TagSalvage::lacks_tags() const {
  return !counted_ || leaves_.found() < *counted_;
}

// Whether leaves outside the tree are needed. A damaged leaf held only its own tags.
bool TagSalvage::needs_more() const {
  if (!lacks_tags()) return false;
  if (has_bad_child_) return true;
  if (min_damaged_depth_) return !leaf_depth_ || *min_damaged_depth_ < *leaf_depth_;
  return counted_.has_value();
}

// Whether all keys of a leaf are within `bounds`.
bool TagSalvage::fits(Bytes leaf, const Bounds& bounds) {
  bool within = true;
  each_likely_tag(leaf, [&](const TagView& entry) {
    within = entry.key >= bounds.low && (!bounds.high || entry.key <= *bounds.high);
    return within;
  });
  return within;
}

void TagSalvage::add_gap(Bounds bounds) {
  if (gaps_.size() <= kMaxGaps) gaps_.push_back(std::move(bounds));
}

// Depth first, left to right. The path holds one inner node per level.
Result<void> TagSalvage::descend() {
  std::vector<Step> path;
  seen_[kTagRoot] = true;
  VDE_TRY(visit(kTagRoot, {}, path));
  while (!path.empty()) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    Step& step = path.back();
    if (step.next_child > step.inner.count()) {
      path.pop_back();
      continue;
    }
    const size_t i = step.next_child++;
    Bounds bounds = step.bounds;
    if (i > 0) bounds.low = step.inner.key(i - 1);
    if (i < step.inner.count()) bounds.high = std::string(step.inner.key(i));
    const int64_t child = step.inner.child(i);
    if (!is_tag_child(child, region_.count()) || seen_[static_cast<size_t>(child)] ||
        path.size() >= kMaxLevels) {
      has_bad_child_ = true;
      add_gap(std::move(bounds));
      continue;
    }
    seen_[static_cast<size_t>(child)] = true;
    VDE_TRY(visit(static_cast<uint32_t>(child), std::move(bounds), path));
  }
  return {};
}

// Takes a leaf, or adds an inner node to the path. Anything else is a gap.
Result<void> TagSalvage::visit(uint32_t number, Bounds bounds, std::vector<Step>& path) {
  VDE_TRY_ASSIGN(block, repair_.read(region_.begin + number));
  compare_age(block);
  const auto node = tag_node_of(block);
  if (node && node->payload()[0] == kTagLeafType) {
    note_depth(path.size(), bounds);
    return take_leaf(*node, bounds);
  }
  if (node) {
    Result<TagInner> inner = TagInner::decode(node->payload());
    if (inner) {
      // The child number of another inner node: the one that belongs here is elsewhere.
      if (!is_within(*inner, bounds)) {
        has_bad_child_ = true;
        add_gap(std::move(bounds));
        bounds = {};
      }
      path.push_back({std::move(*inner), 0, std::move(bounds)});
      return {};
    }
  }
  add_gap(std::move(bounds));
  has_bad_child_ |= node || block.is_unwritten();
  if (block.is_unwritten()) return {};
  min_damaged_depth_ = std::min(min_damaged_depth_.value_or(path.size()), path.size());
  damaged_.emplace(block.number(), path.size());
  return lose(block);
}

// All leaves of a tree have one depth. A leaf that is less deep is in the place of an inner node,
// whose other leaves are elsewhere.
void TagSalvage::note_depth(size_t depth, const Bounds& bounds) {
  if (leaf_seen_ && depth < leaf_depth_) {
    has_bad_child_ = true;
    add_gap(bounds);
    return;
  }
  if (leaf_seen_ && depth > leaf_depth_) {
    has_bad_child_ = true;
    for (Bounds& gap : deepest_) add_gap(std::move(gap));
    deepest_.clear();
  }
  leaf_seen_ = true;
  leaf_depth_ = depth;
  if (deepest_.size() < kMaxGaps) deepest_.push_back(bounds);
}

bool TagSalvage::is_within(const TagInner& inner, const Bounds& bounds) {
  if (inner.count() == 0) return true;
  return inner.key(0) >= bounds.low &&
         (!bounds.high || inner.key(inner.count() - 1) <= *bounds.high);
}

Result<void> TagSalvage::take_leaf(const CheckedBlock& leaf, const Bounds& bounds) {
  // The child number of another leaf: the one that belongs here is elsewhere.
  if (!fits(leaf.payload(), bounds)) {
    has_bad_child_ = true;
    add_gap(bounds);
    misplaced_.push_back(leaf.number());
    return {};
  }
  if (!leaves_.is_first(leaf)) {
    has_bad_child_ = true;
    add_gap(bounds);
    return {};
  }
  // A leaf that is newer than the superblock is of a commit that was not completed.
  const uint32_t generation = leaf.trailer().generation;
  const uint64_t rank = is_newer(repair_.probe(), generation) ? 1 + uint64_t{generation} : 0;
  VDE_TRY_ASSIGN(whole, leaves_.take(leaf, rank));
  if (!whole) add_gap(bounds);
  return {};
}

Result<void> TagSalvage::take_misplaced() {
  for (const uint64_t number : misplaced_) {
    VDE_TRY_ASSIGN(block, repair_.read(number));
    const BlockBuffer payload(block.unchecked_payload().begin(), block.unchecked_payload().end());
    VDE_TRY_ASSIGN(superseded,
                   is_old_leaf(repair_, region_, payload, block.unchecked_trailer().generation));
    if (superseded) continue;
    VDE_TRY_ASSIGN(again, repair_.read(number));
    const auto leaf = tag_node_of(again);
    if (!leaf || !leaves_.is_first(*leaf)) continue;
    VDE_TRY(leaves_.take(*leaf, 1 + uint64_t{leaf->trailer().generation}));
  }
  return {};
}

Result<void> TagSalvage::follow_chain() {
  while (const auto number = leaves_.next_successor()) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    if (seen_[*number]) continue;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + *number));
    const auto node = tag_node_of(block);
    if (node) VDE_TRY(take_orphan(block, *node));
  }
  return {};
}

// It is unknown which leaves the lost part of the tree led to: takes all that were not reached. One
// may be in the place of the header.
Result<void> TagSalvage::take_orphans() {
  for (uint64_t number = 0; number < region_.count(); ++number) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    if (seen_[number]) continue;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + number));
    if (block.is_unwritten()) continue;
    const auto node = tag_node_of(block);
    if (number == 0 && (!node || is_tag_header(block))) continue;
    if (!node)
      VDE_TRY(lose(block));
    else if (may_belong(node->payload()))
      VDE_TRY(take_orphan(block, *node));
  }
  return {};
}

// The leaves that fit no gap, if they hold exactly as many tags as the header counts and nothing
// else holds: then the tree leads to leaves in the wrong place. A damaged node of the tree is a
// better reason why tags are missing.
Result<void> TagSalvage::take_counted() {
  if (!counted_ || leaves_.found() >= *counted_ || !damaged_.empty()) return {};
  std::vector<uint64_t> left;
  std::set<uint64_t> contents = leaves_.contents();
  int64_t count = 0;
  for (uint64_t number = 0; number < region_.count(); ++number) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    if (seen_[number]) continue;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + number));
    const auto node = tag_node_of(block);
    if (!node || !is_tag_leaf(node->payload()) || !contents.insert(node->trailer().checksum).second)
      continue;
    left.push_back(block.number());
    count += TagLeaf::open(node->payload())->count();
  }
  if (count != *counted_ - leaves_.found()) return {};
  for (const uint64_t number : left) {
    VDE_TRY_ASSIGN(block, repair_.read(number));
    const auto node = tag_node_of(block);
    if (node) VDE_TRY(take_orphan(block, *node));
  }
  return {};
}

// Whether a leaf outside the tree fits into one of its gaps.
bool TagSalvage::may_belong(Bytes leaf) const {
  if (gaps_.empty() || gaps_.size() > kMaxGaps) return true;
  return std::ranges::any_of(gaps_, [&](const Bounds& gap) { return fits(leaf, gap); });
}

Result<void> TagSalvage::take_orphan(const UncheckedBlock& block, const CheckedBlock& leaf) {
  if (leaf.payload()[0] != kTagLeafType) return {};
  if (!leaves_.is_first(leaf)) return {};
  seen_[block.number() - region_.begin] = true;
  has_orphans_ = true;
  VDE_TRY_ASSIGN(whole, leaves_.take(leaf, 1 + uint64_t{leaf.trailer().generation}));
  return whole ? Result<void>{} : lose(block);
}

// Entries in a damaged block are only listed, never used. What a valid block holds is kept, or is
// of another structure.
Result<void> TagSalvage::lose(const UncheckedBlock& block) {
  ++lost_count_;
  if (lost_.size() < kMaxTagsNamed) lost_.push_back(block.number());
  if (block.check_payload()) return {};
  VDE_TRY_ASSIGN(tags, lost_tags_.add(block));
  const auto node = damaged_.find(block.number());
  const bool is_inner = node != damaged_.end() && leaf_depth_ && node->second < *leaf_depth_;
  const auto leaf = TagLeaf::open(block.unchecked_payload());
  const bool all_listed = leaf && leaf->count() == tags && tags > 0;
  if (!is_inner && !all_listed) leaves_.unread().push_back({block.number(), tags});
  return {};
}

void TagSalvage::count_lost(const TagView& entry, uint64_t block) {
  ++unkept_;
  // What looks like a leaf in the place of an inner node held no tags of the tree.
  const auto node = damaged_.find(block);
  tree_lacks_tags_ |= node != damaged_.end() && (!leaf_depth_ || node->second >= *leaf_depth_);
  if (names_.size() < kMaxTagsNamed)
    names_.push_back(fmt::format("'{}' of inode {}", escape(entry.key), entry.inode));
}

std::optional<uint64_t> TagSalvage::missing() const {
  if (!counted_ || *counted_ <= kept_) return std::nullopt;
  return static_cast<uint64_t>(*counted_ - kept_);
}

std::optional<uint64_t> TagSalvage::unread_tags() const {
  const auto all = missing();
  if (!all) return std::nullopt;
  return *all - std::min(*all, unkept_);
}

Loss TagSalvage::loss() const {
  const bool all_kept = counted_ && *counted_ <= kept_;
  if (all_kept && !tree_lacks_tags_) return {};
  // If the tree has no gaps, no other leaf was needed, and no block of the region is damaged, the
  // header's count is wrong. A tree that lacks leaves may lead to no gap: its root may be a copy.
  if (lost_count_ == 0 && gaps_.empty() && !has_orphans_) return {};
  LostCounts counts;
  counts.tags = std::max(missing().value_or(0), unkept_);
  std::string text = missing() ? fmt::format("{} of {} tags", *missing(), *counted_)
                               : std::string("an unknown number of tags");
  if (lost_count_ > 0) text += fmt::format(" ({})", list_blocks(lost_, lost_count_));
  for (size_t i = 0; i < names_.size(); ++i)
    text += fmt::format("{} {}", i == 0 ? "; readable there (unverified):" : ",", names_[i]);
  if (unkept_ > names_.size()) text += " and more";
  return {std::move(text), counts};
}

}  // namespace vde
