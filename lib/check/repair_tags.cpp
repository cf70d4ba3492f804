// The tag tree anew, in its own blocks, from the leaves that verify.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "check/context.h"
#include "check/mending.h"
#include "format/tag_inner.h"
#include "format/tag_leaf.h"
#include "region/tag_tree.h"

namespace vde {
namespace {

// Bytes of entries that are held in memory; a larger index is left as it is.
constexpr size_t kMostEntryBytes = size_t{48} << 20;
// Lost blocks that a step names one by one.
constexpr size_t kMostNamed = 16;

// Whether a block fails its trailer, the header alone is gone, or the tree's own check has an
// error.
Result<bool> is_damaged(Mending& mending, const PlacedRegion& region) {
  bool damaged = false;
  bool head_empty = false;
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (mending.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(block, mending.read(at));
    damaged |= block.state() != BlockState::kUnwritten && !block.check(tags::kTagIndex);
    const bool empty = all_zero(block.unchecked_payload());
    if (at == region.blocks.begin) head_empty = empty;
    damaged |= head_empty && !empty;
  }
  if (damaged) return true;
  const std::function<void(const Finding&)> sink = [&](const Finding& finding) {
    damaged |= finding.kind->severity == Severity::kError && finding.kind->code.starts_with("TAGI");
  };
  Reporter reporter(sink, nullptr, mending.io().block_size());
  const VerifyOptions options;
  Activity activity;
  const JournalLook journal;
  VerifyContext context{mending.io(), mending.survey(), options, activity, reporter, journal, {}};
  context.regions.push_back(region);
  VDE_TRY(check_tags(context));
  return damaged;
}

// All entries that can be told.
class TagRescue {
 public:
  TagRescue(Mending& mending, BlockRange region)
      : mending_(mending), region_(region), seen_(region.count()) {}

  // False where they are too many.
  Result<bool> gather() {
    VDE_TRY(read_count());
    VDE_TRY(descend());
    VDE_TRY(follow_chain());
    sort();
    if (lost_way_) VDE_TRY(add_stray_leaves());
    return bytes_ <= kMostEntryBytes;
  }

  [[nodiscard]] const std::vector<TagEntry>& entries() const { return entries_; }

  // What is lost, as far as it can be told.
  [[nodiscard]] std::string loses() const {
    std::string text;
    const auto found = static_cast<int64_t>(entries_.size());
    if (counted_ && *counted_ >= 0 && *counted_ <= found) return text;
    for (size_t i = 0; i < std::min(lost_.size(), kMostNamed); ++i)
      text += fmt::format("{}{}", i == 0 ? "" : ", ", region_.begin + lost_[i]);
    if (lost_.size() > kMostNamed) text += fmt::format(" and {} more", lost_.size() - kMostNamed);
    if (!text.empty()) text = "what blocks " + text + " of the index held";
    if (counted_ && *counted_ > found)
      text += fmt::format("{}{} of {} tags by the header's count", text.empty() ? "" : "; ",
                          *counted_ - found, *counted_);
    return text;
  }

 private:
  Result<void> read_count() {
    VDE_TRY_ASSIGN(head, mending_.read(region_.begin));
    const auto checked = head.check(tags::kTagIndex);
    if (checked) counted_ = kTagIndexHeaderLayout.decode(checked->payload()).entry_count;
    return {};
  }

  Result<void> descend() {
    std::vector<uint64_t> waiting{kTagRoot};
    while (!waiting.empty()) {
      const uint64_t number = waiting.back();
      waiting.pop_back();
      if (seen_[number]) {
        lost_way_ = true;
        continue;
      }
      seen_[number] = true;
      VDE_TRY_ASSIGN(block, mending_.read(region_.begin + number));
      const auto checked = block.check(tags::kTagIndex);
      if (checked && take_leaf(checked->payload())) continue;
      if (checked && take_inner(checked->payload(), waiting)) continue;
      lost_way_ = true;
      lost_.push_back(number);
    }
    return {};
  }

  bool take_inner(Bytes payload, std::vector<uint64_t>& waiting) {
    const Result<TagInner> inner = TagInner::decode(payload);
    if (!inner) return false;
    for (size_t i = inner->count() + 1; i-- > 0;) {
      if (is_node(inner->child(i)))
        waiting.push_back(static_cast<uint64_t>(inner->child(i)));
      else
        lost_way_ = true;
    }
    return true;
  }

  [[nodiscard]] bool is_node(int64_t number) const {
    return number > static_cast<int64_t>(kTagRoot) &&
           number < static_cast<int64_t>(region_.count());
  }

  bool take_leaf(Bytes payload) {
    const auto leaf = TagLeaf::open(payload);
    if (!leaf || leaf->shape() == TagLeaf::Shape::kBroken) return false;
    TagView entry;
    size_t at = TagLeaf::kFirst;
    for (uint32_t i = 0; i < leaf->count() && leaf->read(at, entry); ++i) add(entry);
    if (is_node(leaf->next_leaf())) chain_.push_back(static_cast<uint64_t>(leaf->next_leaf()));
    return true;
  }

  // Leaves that the tree does not lead to, but their neighbour does.
  Result<void> follow_chain() {
    while (!chain_.empty()) {
      const uint64_t number = chain_.back();
      chain_.pop_back();
      if (seen_[number]) continue;
      VDE_TRY_ASSIGN(block, mending_.read(region_.begin + number));
      const auto checked = block.check(tags::kTagIndex);
      seen_[number] = checked && take_leaf(checked->payload());
    }
    return {};
  }

  void add(const TagView& entry) {
    bytes_ += sizeof(TagEntry) + entry.key.size() + entry.value.size();
    if (bytes_ > kMostEntryBytes) return;
    entries_.push_back(
        {std::string(entry.key), std::string(entry.value), entry.inode, entry.block});
  }

  static bool before(const TagEntry& a, const TagEntry& b) {
    const int order = a.key.compare(b.key);
    return order < 0 || (order == 0 && a.inode < b.inode);
  }
  void sort() { std::ranges::stable_sort(entries_, before); }

  // Part of the tree is lost, and nothing tells which leaves it led to. Other programs leave old
  // leaves behind: what the tree has itself counts.
  Result<void> add_stray_leaves() {
    const std::vector<TagEntry> known = std::exchange(entries_, {});
    for (uint64_t number = kTagRoot + 1; number < region_.count(); ++number) {
      if (seen_[number]) continue;
      VDE_TRY_ASSIGN(block, mending_.read(region_.begin + number));
      const auto checked = block.check(tags::kTagIndex);
      if (checked) static_cast<void>(take_leaf(checked->payload()));
      if (!checked && block.state() != BlockState::kUnwritten) lost_.push_back(number);
    }
    sort();
    const auto same = [](const TagEntry& a, const TagEntry& b) {
      return a.key == b.key && a.inode == b.inode;
    };
    entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
    std::erase_if(entries_, [&](const TagEntry& entry) {
      return std::ranges::binary_search(known, entry, before);
    });
    entries_.insert(entries_.end(), known.begin(), known.end());
    sort();
    return {};
  }

  Mending& mending_;
  BlockRange region_;
  std::vector<bool> seen_;
  std::optional<int64_t> counted_;
  bool lost_way_ = false;       // something in the tree leads nowhere
  std::vector<uint64_t> lost_;  // nodes that cannot be read
  std::vector<uint64_t> chain_;
  std::vector<TagEntry> entries_;
  size_t bytes_ = 0;
};

// Payloads of header, root, leaves and inner nodes. Without vdetool's own record: the next change
// takes the index over as it does another writer's, and makes free list and larger filter then.
class TagForest {
 public:
  explicit TagForest(uint32_t block_size) : size_(payload_size(block_size)), block_(block_size) {
    blocks_.assign(2, BlockBuffer(size_));
  }

  Result<void> build(const std::vector<TagEntry>& entries) {
    header_.entry_count = static_cast<int32_t>(entries.size());
    header_.bloom_bits = static_cast<int32_t>(default_bloom_bits(block_));
    const MutableBytes bits =
        MutableBytes(blocks_[0]).subspan(static_cast<size_t>(kTagIndexHeaderLayout.size()));
    for (const TagEntry& entry : entries)
      bloom_insert(bits, default_bloom_bits(block_), header_.bloom_hashes, entry.key);
    if (entries.empty())
      VDE_TRY(encode_tag_node(TagNode{}, blocks_[kTagRoot]));
    else
      write_leaves(entries);
    while (level_.size() > 1) VDE_TRY(write_level());
    kTagIndexHeaderLayout.encode(header_, blocks_[0]);
    return {};
  }

  [[nodiscard]] const std::vector<BlockBuffer>& blocks() const { return blocks_; }

 private:
  struct Child {
    int32_t number;
    std::string separator;  // before it
  };

  static TagView view(const TagEntry& entry) {
    return {entry.key, entry.value, entry.inode, entry.block};
  }

  // Where each leaf begins. A run of equal keys that one leaf has room for is in one.
  [[nodiscard]] std::vector<size_t> split(const std::vector<TagEntry>& entries) const {
    std::vector<size_t> starts{0};
    size_t run = 0;  // where the entries of the last key begin
    size_t bytes = 0;
    size_t run_bytes = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0 && entries[i].key != entries[i - 1].key) {
        run = i;
        run_bytes = 0;
      }
      const size_t more = tag_entry_size(view(entries[i]));
      run_bytes += more;
      bytes += more;
      if (i == starts.back() || tag_leaf_holds_indexed(size_, bytes, i - starts.back() + 1))
        continue;
      const bool moves =
          run > starts.back() && tag_leaf_holds_indexed(size_, run_bytes, i - run + 1);
      starts.push_back(moves ? run : i);
      bytes = moves ? run_bytes : more;
    }
    return starts;
  }

  void write_leaves(const std::vector<TagEntry>& entries) {
    std::vector<size_t> starts = split(entries);
    const size_t leaves = starts.size();
    starts.push_back(entries.size());
    for (size_t leaf = 0; leaf < leaves; ++leaf) {
      const size_t start = starts[leaf];
      const int32_t number = leaves == 1 ? static_cast<int32_t>(kTagRoot) : next_block();
      TagLeafWriter writer(blocks_[static_cast<size_t>(number)]);
      for (size_t i = start; i < starts[leaf + 1]; ++i)
        writer.add(view(entries[i]), tag_key_hash(entries[i].key));
      writer.finish(leaf + 1 < leaves ? number + 1 : 0);
      level_.push_back(
          {number, leaf == 0 ? "" : tag_separator(entries[start - 1].key, entries[start].key)});
    }
  }

  int32_t next_block() {
    blocks_.emplace_back(size_);
    return static_cast<int32_t>(blocks_.size() - 1);
  }

  // Inner nodes over the level below, each with two children at least.
  Result<void> write_level() {
    ++header_.depth;
    std::vector<TagNode> nodes;
    std::vector<Child> level;
    for (Child& child : level_) {
      if (nodes.empty() || !fits(nodes.back(), child)) {
        nodes.emplace_back().leaf = false;
        level.push_back({0, std::move(child.separator)});
      } else {
        nodes.back().keys.push_back(std::move(child.separator));
      }
      nodes.back().children.push_back(child.number);
    }
    if (nodes.back().keys.empty()) lend(nodes[nodes.size() - 2], nodes.back(), level.back());
    for (size_t i = 0; i < nodes.size(); ++i) {
      level[i].number = nodes.size() == 1 ? static_cast<int32_t>(kTagRoot) : next_block();
      VDE_TRY(encode_tag_node(nodes[i], blocks_[static_cast<size_t>(level[i].number)]));
    }
    level_ = std::move(level);
    return {};
  }

  [[nodiscard]] bool fits(const TagNode& node, const Child& child) const {
    return encoded_size(node) + encoded_key_size(child.separator) + kTagLinkSize <= size_ &&
           node.keys.size() < max_node_keys(block_);
  }

  // The last child of `from` becomes the first of `to`, which is `child` of the next level.
  static void lend(TagNode& from, TagNode& to, Child& child) {
    to.keys.insert(to.keys.begin(), std::move(child.separator));
    to.children.insert(to.children.begin(), from.children.back());
    child.separator = std::move(from.keys.back());
    from.keys.pop_back();
    from.children.pop_back();
  }

  size_t size_;  // of a payload, in bytes
  uint32_t block_;
  TagIndexHeader header_;
  std::vector<BlockBuffer> blocks_;
  std::vector<Child> level_;
};

// Gives the region these blocks, and zeros behind them: all in one commit, because the leaves lie
// where the new tree goes.
Result<void> write_tree(Mending& mending, const PlacedRegion& region, const TagForest& forest,
                        std::string loses) {
  const std::vector<BlockBuffer>& blocks = forest.blocks();
  const BlockBuffer zeros(payload_size(mending.io().block_size()));
  const auto wanted = [&](uint64_t i) -> Bytes { return i < blocks.size() ? blocks[i] : zeros; };
  std::vector<uint64_t> changes;
  for (uint64_t i = 0; i < region.blocks.count(); ++i) {
    VDE_TRY_ASSIGN(block, mending.read(region.blocks.begin + i));
    const auto checked = block.check(tags::kTagIndex);
    if (!checked || !std::ranges::equal(checked->payload(), wanted(i))) changes.push_back(i);
  }
  VDE_TRY_ASSIGN(room, mending.make_room(changes.size()));
  if (blocks.size() > region.blocks.count() || !room) {
    mending.note("the tag tree is too large to be made anew in one commit");
    return {};
  }
  mending.step("the tag tree is made anew", "the leaves that verify", std::move(loses));
  for (const uint64_t i : changes) {
    VDE_TRY_ASSIGN(payload, mending.replace(region.blocks.begin + i, tags::kTagIndex));
    std::ranges::copy(wanted(i), payload.begin());
  }
  mending.slots()[region.slot].used = static_cast<uint32_t>(blocks.size());
  return {};
}

}  // namespace

Result<void> mend_tags(Mending& mending) {
  const auto region = mending.sole_region(tags::kTagIndex);
  if (!region || region->blocks.count() <= kTagRoot) return {};
  if ((mending.slots()[region->slot].flags & (kRegionEncrypted | kRegionCompressed)) != 0)
    return {};
  VDE_TRY_ASSIGN(damaged, is_damaged(mending, *region));
  if (!damaged) return {};
  TagRescue rescue(mending, region->blocks);
  VDE_TRY_ASSIGN(told, rescue.gather());
  if (!told) {
    mending.note("the tag tree is too large to be made anew");
    return {};
  }
  TagForest forest(mending.io().block_size());
  VDE_TRY(forest.build(rescue.entries()));
  return write_tree(mending, *region, forest, rescue.loses());
}

}  // namespace vde
