// The tag tree: each node once, in order, within its separators, chained, counted, and not denied
// by any filter. Memory is one bit a block, the way down to a node, and a bounded batch of keys.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/context.h"
#include "check/tag_filter_check.h"
#include "format/tag_inner.h"
#include "format/tag_leaf.h"

namespace vde {
namespace {

// More levels than any tree has.
constexpr size_t kMostTagLevels = 64;

// A node that waits for its visit, with the separators around it.
struct TagVisit {
  uint64_t number;
  size_t depth;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

class TagCheck {
 public:
  TagCheck(VerifyContext& context, const PlacedRegion& region)
      : context_(context),
        region_(region.blocks),
        buffer_(context.io.make_buffer()),
        reached_(region.blocks.count()) {}

  Result<void> run() {
    if (!check_room()) return {};
    const auto head = context_.io.read_checked(region_.begin, tags::kTagIndex, buffer_);
    // What does not verify is reported by the blocks' pass, and so is a header of zeros.
    if (!head || all_zero(head->payload())) return {};
    header_ = kTagIndexHeaderLayout.decode(head->payload());
    extension_ = decode_tag_extension(head->payload());
    if (!check_header()) return {};
    bloom_.assign(head->payload().begin() + kTagIndexHeaderLayout.size(), head->payload().end());
    if (extension_) filter_.emplace(context_.io, region_, *extension_);
    VDE_TRY(walk());
    if (filter_) VDE_TRY(finish_filter());
    if (whole_) check_totals();
    if (extension_) check_free_list();
    if (whole_) return find_unreached();
    return {};
  }

 private:
  void add(FindingCode code, uint64_t number, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, region_.begin + number, "TAGI", std::move(message), {}, site);
  }

  bool check_header() {
    const uint32_t most = max_bloom_bits(context_.io.block_size());
    if (header_.entry_count < 0 || header_.depth < 0 || header_.bloom_bits < 1 ||
        header_.bloom_bits > static_cast<int64_t>(most) || header_.bloom_hashes < 1) {
      add(FindingCode::kTagHeaderBroken, 0,
          fmt::format("{} entries at depth {}, a filter of {} bits and {} hashes",
                      header_.entry_count, header_.depth, header_.bloom_bits,
                      header_.bloom_hashes));
      return false;
    }
    if (header_.reserved != Opaque<5>{})
      add(FindingCode::kReservedNotZero, 0, "the reserved bytes of the tag index are not zero");
    return true;
  }

  // An index that was never used has to have it, too.
  bool check_room() {
    if (region_.count() > kTagRoot) return true;
    add(FindingCode::kTagHeaderBroken, 0, "the region has no room for a root");
    return false;
  }

  // Depth first, left to right, so that leaves come in the order of their chain.
  Result<void> walk() {
    std::vector<TagVisit> waiting{{kTagRoot, 0, std::nullopt, std::nullopt}};
    while (!waiting.empty()) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const TagVisit visit = std::move(waiting.back());
      waiting.pop_back();
      if (reached_[visit.number]) {
        add(FindingCode::kTagNodeTwice, visit.number, "the tree reaches the node in two ways");
        lose_track();
        continue;
      }
      reached_[visit.number] = true;
      const auto block = context_.io.read(region_.begin + visit.number, buffer_);
      if (!block || block->state() == BlockState::kUnwritten) {
        if (block) add(FindingCode::kTagNodeBroken, visit.number, "the node was never written");
        lose_track();
        continue;
      }
      const auto checked = block->check(tags::kTagIndex);
      if (!checked) {
        lose_track();
        continue;
      }
      if (checked->payload()[0] == kTagLeafType)
        VDE_TRY(look_at_leaf(visit, checked->payload()));
      else
        look_at_inner(visit, checked->payload(), waiting);
    }
    return {};
  }

  // What follows from the whole tree is not known any more.
  void lose_track() {
    whole_ = false;
    next_.reset();
  }

  void look_at_inner(const TagVisit& visit, Bytes payload, std::vector<TagVisit>& waiting) {
    const Result<TagInner> inner = TagInner::decode(payload);
    if (!inner || visit.depth == kMostTagLevels) {
      add(FindingCode::kTagNodeBroken, visit.number,
          inner ? "the tree has too many levels" : inner.error().message);
      return lose_track();
    }
    for (size_t i = 0; i < inner->count(); ++i) {
      const bool in_order = i == 0 || inner->key(i - 1) <= inner->key(i);
      const bool within = (!visit.from || inner->key(i) >= *visit.from) &&
                          (!visit.to || inner->key(i) <= *visit.to);
      if (in_order && within) continue;
      add(in_order ? FindingCode::kTagBesideSeparator : FindingCode::kTagsOutOfOrder, visit.number,
          fmt::format("separator {} of {}", i + 1, inner->count()));
      break;
    }
    for (size_t i = inner->count() + 1; i-- > 0;) {
      const int64_t child = inner->child(i);
      if (child <= static_cast<int64_t>(kTagRoot) ||
          child >= static_cast<int64_t>(region_.count())) {
        add(FindingCode::kTagChildOutside, visit.number,
            fmt::format("child {} is block {} of {}", i + 1, child, region_.count()));
        lose_track();
        continue;
      }
      waiting.push_back(
          {static_cast<uint64_t>(child), visit.depth + 1,
           i > 0 ? std::optional<std::string>(inner->key(i - 1)) : visit.from,
           i < inner->count() ? std::optional<std::string>(inner->key(i)) : visit.to});
    }
  }

  Result<void> look_at_leaf(const TagVisit& visit, Bytes payload) {
    const std::optional<TagLeaf> leaf = TagLeaf::open(payload);
    if (!leaf || leaf->shape() == TagLeaf::Shape::kBroken) {
      add(FindingCode::kTagNodeBroken, visit.number,
          "the leaf claims more entries than it has, or one runs past its block");
      lose_track();
      return {};
    }
    check_place(visit, *leaf);
    LeafTally tally;
    TagView entry;
    size_t at = TagLeaf::kFirst;
    for (uint32_t i = 0; i < leaf->count() && leaf->read(at, entry); ++i)
      VDE_TRY(look_at_entry(visit, entry, tally));
    entries_ += leaf->count();
    check_index(visit.number, *leaf, at);
    report(visit.number, tally);
    return {};
  }

  void check_place(const TagVisit& visit, const TagLeaf& leaf) {
    if (depth_ && *depth_ != visit.depth)
      add(FindingCode::kTagDepthWrong, visit.number,
          fmt::format("a leaf {} levels below the root, others {}", visit.depth, *depth_));
    if (!depth_) depth_ = visit.depth;
    if (next_ && *next_ != static_cast<int64_t>(visit.number))
      add(FindingCode::kTagChainBroken, visit.number,
          fmt::format("the leaf before it is followed by block {} of the region", *next_));
    next_ = leaf.next_leaf();
    if (leaf.count() == 0 && visit.number != kTagRoot) has_empty_leaf_ = true;
  }

  struct LeafTally {
    uint64_t disorder = 0;
    uint64_t beside = 0;
    uint64_t denied = 0;
    uint64_t outside = 0;
    uint64_t unsorted = 0;
  };

  Result<void> look_at_entry(const TagVisit& visit, const TagView& entry, LeafTally& tally) {
    const int order = has_last_ ? last_key_.compare(entry.key) : -1;
    if (order > 0) ++tally.disorder;
    if (order == 0 && last_inode_ >= entry.inode) ++tally.unsorted;
    if ((visit.from && entry.key < *visit.from) || (visit.to && entry.key > *visit.to))
      ++tally.beside;
    const int64_t total = context_.survey.superblock.total_blocks;
    if (context_.survey.superblock_verified() && (entry.block < 0 || entry.block >= total))
      ++tally.outside;
    last_inode_ = entry.inode;
    if (order == 0) return {};
    has_last_ = true;
    last_key_.assign(entry.key);
    if (!bloom_may_contain(bloom_, static_cast<uint32_t>(header_.bloom_bits), header_.bloom_hashes,
                           entry.key))
      ++tally.denied;
    return filter_ ? filter_->add(tag_key_hash(entry.key)) : Result<void>{};
  }

  void report(uint64_t number, const LeafTally& tally) {
    const auto tell = [&](FindingCode code, uint64_t count, const char* what) {
      if (count > 0) add(code, number, fmt::format("{} {}", count, what));
    };
    tell(FindingCode::kTagsOutOfOrder, tally.disorder, "entries are less than the one before");
    tell(FindingCode::kTagBesideSeparator, tally.beside, "entries are beyond a separator");
    tell(FindingCode::kTagBloomDenies, tally.denied, "keys are denied by the Bloom filter");
    if (extension_ && (extension_->flags & kTagEqualKeysSorted) != 0)
      tell(FindingCode::kTagsNotSorted, tally.unsorted, "equal keys are not sorted by inode");
    tell(FindingCode::kTagAddressOutside, tally.outside,
         "entries have a block address outside of the volume");
  }

  // Where the index would have to lie over entries, it is none: other writers' bytes may look so.
  void check_index(uint64_t number, const TagLeaf& leaf, size_t end) {
    if (!leaf.has_index()) return;
    const size_t room = payload_size(context_.io.block_size()) - kTagLinkSize - end;
    if (tag_index_size(leaf.count()) > room) return;
    TagView entry;
    size_t at = TagLeaf::kFirst;
    for (uint32_t i = 0; i < leaf.count(); ++i) {
      const bool right_place = leaf.offset(i) == at;
      static_cast<void>(leaf.read(at, entry));
      const uint8_t fingerprint = tag_fingerprint(tag_key_hash(entry.key));
      if (right_place && leaf.match(fingerprint, i) == i) continue;
      return add(FindingCode::kTagLeafIndexWrong, number,
                 fmt::format("entry {} of {}", i + 1, leaf.count()));
    }
  }

  Result<void> finish_filter() {
    VDE_TRY(filter_->finish());
    for (const auto& [number, keys] : filter_->denials())
      add(FindingCode::kTagFilterDenies, number, fmt::format("{} keys are denied", keys));
    for (const uint64_t number : filter_->unwritten())
      add(FindingCode::kTagFilterDenies, number, "a block of the larger filter was never written");
    if (!filter_->makes_sense())
      add(FindingCode::kTagFilterDenies, 0, "the place of the larger filter makes no sense");
    return {};
  }

  void check_totals() {
    if (next_.value_or(0) != 0)
      add(FindingCode::kTagChainBroken, 0,
          fmt::format("the last leaf is followed by block {} of the region", *next_));
    if (depth_ && *depth_ != static_cast<size_t>(header_.depth))
      add(FindingCode::kTagDepthWrong, 0,
          fmt::format("the header says {} levels below the root, there are {}", header_.depth,
                      *depth_));
    if (entries_ != static_cast<uint64_t>(header_.entry_count))
      add(FindingCode::kTagCountWrong, 0,
          fmt::format("the header says {} entries, there are {}", header_.entry_count, entries_));
    if (has_empty_leaf_ && extension_ && (extension_->flags & kTagEqualKeysSorted) != 0)
      add(FindingCode::kTagsNotSorted, 0, "a leaf is empty, which a sorted index has none of");
  }

  // Free nodes are marked as reached: each is on the list once, and in no other use.
  void check_free_list() {
    if (extension_->high_water <= kTagRoot || extension_->high_water > region_.count())
      return add(FindingCode::kTagFreeListBroken, 0,
                 fmt::format("blocks are said to hold nothing from {} of {} on",
                             extension_->high_water, region_.count()));
    int64_t at = extension_->free_head;
    for (uint32_t left = extension_->free_count; at != 0 || left > 0; --left) {
      if (left == 0 || at <= static_cast<int64_t>(kTagRoot) ||
          at >= static_cast<int64_t>(extension_->high_water))
        return add(FindingCode::kTagFreeListBroken, 0,
                   fmt::format("block {} of the region with {} of {} free nodes to come", at, left,
                               extension_->free_count));
      const auto number = static_cast<uint64_t>(at);
      const auto block = context_.io.read_checked(region_.begin + number, tags::kTagIndex, buffer_);
      const auto next = block ? decode_free_tag_node(block->payload()) : std::nullopt;
      if (!next || reached_[number] || (filter_ && filter_->covers(number)))
        return add(FindingCode::kTagFreeListBroken, number, "the block is not free");
      reached_[number] = true;
      at = *next;
    }
  }

  // Content that nothing leads to. The existing writer leaves such nodes behind, too.
  Result<void> find_unreached() {
    for (uint64_t number = kTagRoot + 1; number < region_.count(); ++number) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      if (reached_[number] || (filter_ && filter_->covers(number))) continue;
      const auto block = context_.io.read(region_.begin + number, buffer_);
      if (!block || all_zero(block->unchecked_payload())) continue;
      if (block->check(tags::kTagIndex))
        add(FindingCode::kTagNodeUnreached, number, "no node and no list leads to the block");
    }
    return {};
  }

  VerifyContext& context_;
  BlockRange region_;
  BlockBuffer buffer_;
  std::vector<bool> reached_;
  TagIndexHeader header_;
  std::optional<TagExtension> extension_;
  BlockBuffer bloom_;
  std::optional<TagFilterCheck> filter_;
  bool whole_ = true;            // every node could be read
  std::optional<size_t> depth_;  // of the first leaf
  std::optional<int64_t> next_;  // what the leaf before said follows
  bool has_last_ = false;
  std::string last_key_;
  int64_t last_inode_ = 0;
  uint64_t entries_ = 0;
  bool has_empty_leaf_ = false;
};

}  // namespace

Result<void> check_tags(VerifyContext& context) {
  const PlacedRegion* region = context.find(tags::kTagIndex);
  if (region == nullptr) return {};
  const uint32_t flags = context.survey.slots[region->slot].flags;
  if ((flags & (kRegionEncrypted | kRegionCompressed)) != 0) return {};
  return TagCheck(context, *region).run();
}

}  // namespace vde
