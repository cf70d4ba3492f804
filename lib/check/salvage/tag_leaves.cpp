#include "check/salvage/tag_leaves.h"

#include "check/salvage/lost_tags.h"
#include "check/salvage/tag_blocks.h"
#include "format/tag/tag_inner.h"

namespace vde {
namespace {

// A valid tree has far fewer levels.
constexpr size_t kMaxLookupLevels = 64;

// The leaf to which the tree leads for a key; nothing if it leads to no valid leaf.
Result<std::optional<uint64_t>> find_leaf(StructureRepair& repair, BlockRange region,
                                          std::string_view key) {
  uint64_t number = kTagRoot;
  for (size_t level = 0; level < kMaxLookupLevels; ++level) {
    VDE_TRY_ASSIGN(block, repair.read(region.begin + number));
    const auto node = tag_node_of(block);
    if (!node) break;
    if (node->payload()[0] == kTagLeafType) return std::optional(block.number());
    const Result<TagInner> inner = TagInner::decode(node->payload());
    if (!inner) break;
    const int64_t child = inner->child(inner->upper(key));
    if (!is_tag_child(child, region.count())) break;
    number = static_cast<uint64_t>(child);
  }
  return std::optional<uint64_t>();
}

std::string last_key(const TagLeaf& leaf, Bytes payload) {
  std::string last;
  each_tag(leaf, payload, [&](const TagView& entry) {
    last = entry.key;
    return true;
  });
  return last;
}

}  // namespace

Result<bool> TagLeaves::take(const CheckedBlock& block, uint64_t rank) {
  const auto leaf = TagLeaf::open(block.payload());
  const bool decodes = leaf && leaf->shape() != TagLeaf::Shape::kBroken;
  uint64_t count = 0;
  Result<void> taken;
  const auto take = [&](const TagView& entry) {
    ++count;
    ++found_;
    if (!first_key_ || entry.key < *first_key_) first_key_ = entry.key;
    taken = (*take_)(entry, rank);
    return taken.has_value();
  };
  if (decodes)
    each_tag(*leaf, block.payload(), take);
  else
    each_likely_tag(block.payload(), take);
  VDE_TRY(taken);
  if (!decodes || count < leaf->count()) {
    unread_.push_back({block.number(), count});
    return false;
  }
  if (proven_count(block.payload()) > count)
    uncounted_.push_back({block.number(), rank, static_cast<uint32_t>(count)});
  note_successor(*leaf, block.payload());
  return true;
}

Result<void> TagLeaves::take_uncounted() {
  const std::vector<Uncounted> leaves = std::move(uncounted_);
  uncounted_.clear();
  for (const Uncounted& leaf : leaves) {
    VDE_TRY_ASSIGN(block, repair_.read(leaf.block));
    const BlockBuffer payload(block.unchecked_payload().begin(), block.unchecked_payload().end());
    Result<void> taken;
    each_proven_tag(payload, leaf.counted, [&](const TagView& entry) {
      ++found_;
      taken = (*take_)(entry, leaf.rank);
      return taken.has_value();
    });
    VDE_TRY(taken);
  }
  return {};
}

void TagLeaves::note_successor(const TagLeaf& leaf, Bytes payload) {
  broken_after_.reset();
  if (is_tag_child(leaf.next_leaf(), region_.count()))
    chain_.push_back(static_cast<uint32_t>(leaf.next_leaf()));
  else if (leaf.next_leaf() != 0)
    broken_after_ = last_key(leaf, payload);
}

std::optional<uint32_t> TagLeaves::next_successor() {
  if (chain_.empty()) return std::nullopt;
  const uint32_t number = chain_.back();
  chain_.pop_back();
  return number;
}

Result<bool> is_old_leaf(StructureRepair& repair, BlockRange region, Bytes payload,
                         uint32_t generation) {
  std::vector<TagEntry> entries;
  each_likely_tag(payload, [&](const TagView& entry) {
    entries.push_back({std::string(entry.key), {}, entry.inode, 0});
    return true;
  });
  for (const TagEntry& entry : entries) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(place, find_leaf(repair, region, entry.key));
    if (!place) continue;
    VDE_TRY_ASSIGN(block, repair.read(*place));
    if (block.unchecked_trailer().generation <= generation) continue;
    bool has = false;
    each_likely_tag(block.unchecked_payload(), [&](const TagView& other) {
      has = other.key == entry.key && other.inode == entry.inode;
      return !has;
    });
    if (has) return true;
  }
  return false;
}

}  // namespace vde
