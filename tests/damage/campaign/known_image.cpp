#include "damage/campaign/known_image.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <tuple>

#include "base/checked.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "format/tag/tag_index.h"
#include "probe/probe.h"
#include "support/must.h"
#include "table/snapshot_table.h"

namespace vde::test {
namespace {

using Blocks = std::vector<uint64_t>;

// Reads the regions of an image with the format's own codecs.
class HoldingsFinder {
 public:
  explicit HoldingsFinder(const std::shared_ptr<const FrozenImage>& image) : file_(image) {
    const Probe probe = must(probe_to_judge(file_));
    block_size_ = probe.block_size;
    slots_ = probe.slots;
  }

  Holdings find() {
    holdings_.content = list_content(file_).content;
    find_tags();
    find_snapshots();
    find_modules();
    return std::move(holdings_);
  }

 private:
  [[nodiscard]] std::optional<BlockRange> region(BlockType tag) const {
    for (const RegionSlot& slot : slots_)
      if (!slot.is_free() && slot.type == tag) return block_range(slot.start, slot.count);
    return std::nullopt;
  }
  [[nodiscard]] std::vector<uint8_t> payload(uint64_t number) const {
    std::vector<uint8_t> bytes = file_.block(number, block_size_);
    bytes.resize(payload_size(block_size_));
    return bytes;
  }

  void find_tags() {
    const auto range = region(block_types::kTagIndex);
    if (!range || holdings_.content.tags.empty()) return;
    std::vector<std::pair<TagEntry, uint64_t>> found;
    std::vector<uint64_t> todo = {kTagRoot};
    while (!todo.empty()) {
      const uint64_t number = range->begin + todo.back();
      todo.pop_back();
      const TagNode node = must(decode_tag_node(payload(number)));
      for (const TagEntry& tag : node.entries) found.emplace_back(tag, number);
      for (const int32_t child : node.children) todo.push_back(static_cast<uint64_t>(child));
    }
    // Sorted as content is.
    std::ranges::sort(found, {}, [](const auto& pair) {
      const TagEntry& tag = pair.first;
      return std::tie(tag.key, tag.inode, tag.value, tag.block, pair.second);
    });
    if (found.size() != holdings_.content.tags.size())
      throw std::logic_error("the leaves hold other tags than are listed");
    for (const auto& [tag, number] : found) holdings_.tag_blocks.push_back({number});
  }

  // Calls `visit` with the payload of each block of a packed table.
  template <class Visit>
  void each_block(BlockType tag, Visit visit) const {
    const auto range = region(tag);
    if (!range) return;
    for (uint64_t n = range->begin; n < range->end; ++n) visit(n, payload(n), n == range->begin);
  }

  void find_snapshots() {
    std::map<Guid, uint64_t> found;
    each_block(block_types::kSnapshots, [&](uint64_t number, Bytes payload, bool first) {
      for (const SnapshotEntry& entry : must(decode_snapshot_block(payload, first, INT32_MAX)))
        if (!is_padding(entry)) found.emplace(entry.id, number);
    });
    for (const Snapshot& snapshot : holdings_.content.snapshots)
      holdings_.snapshot_blocks.push_back({found.at(snapshot.id)});
  }

  void find_modules() {
    std::map<Guid, uint64_t> found;
    each_block(block_types::kCode, [&](uint64_t number, Bytes payload, bool first) {
      for (const ModuleEntry& entry : must(decode_module_block(payload, first, INT32_MAX)))
        found.emplace(entry.id, number);
    });
    for (const Module& module : holdings_.content.modules) {
      Blocks blocks = {found.at(module.id)};
      const auto range = block_range(module.first_block, module.block_count);
      for (uint64_t n = range->begin; n < range->end; ++n) blocks.push_back(n);
      holdings_.module_blocks.push_back(std::move(blocks));
    }
  }

  CowFile file_;
  uint32_t block_size_;
  std::vector<RegionSlot> slots_;
  Holdings holdings_;
};

template <class Entry>
std::vector<Entry> chosen(const std::vector<Entry>& entries, const std::vector<Blocks>& blocks,
                          const std::function<bool(uint64_t)>& test) {
  std::vector<Entry> chosen;
  for (size_t i = 0; i < entries.size(); ++i)
    if (std::ranges::all_of(blocks[i], test)) chosen.push_back(entries[i]);
  return chosen;
}

}  // namespace

Content Holdings::where(const std::function<bool(uint64_t)>& test) const {
  return {chosen(content.tags, tag_blocks, test), chosen(content.snapshots, snapshot_blocks, test),
          chosen(content.modules, module_blocks, test)};
}

Holdings find_holdings(const std::shared_ptr<const FrozenImage>& image) {
  return HoldingsFinder(image).find();
}

bool KnownImage::lacks_foundation(const BlockSet& touched) const {
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    if (touched.contains(kPrimaryGroup + i) && touched.contains(kMirrorGroup + i)) return true;
  return false;
}

// Records of commits that wait were changed.
bool KnownImage::hits_waiting(const BlockSet& touched) const {
  return before && std::ranges::any_of(touched, [&](uint64_t block) { return is_journal(block); });
}

// A commit whose record was hit, and all after it, may be gone.
Content KnownImage::required(const BlockSet& touched) const {
  const auto untouched = [&](uint64_t block) { return !touched.contains(block); };
  if (!hits_waiting(touched))
    return now.where([&](uint64_t block) { return journaled.contains(block) || untouched(block); });
  const Content settled =
      now.where([&](uint64_t block) { return !journaled.contains(block) && untouched(block); });
  return joined(settled, common(now.content, before->where(untouched)));
}

Content KnownImage::allowed(const BlockSet& touched) const {
  return hits_waiting(touched) ? base.ever : now.content;
}

// The first block verifies and holds nothing, and no other block of the table held anything.
bool KnownImage::seems_empty(BlockType table, const CowFile& damaged) const {
  const std::string used = to_string(table) + " used";
  for (const BasePart& part : base.parts)
    if (part.name == used) return false;
  for (const RegionSlot& slot : base.slots) {
    if (slot.is_free() || slot.type != table) continue;
    const auto number = static_cast<uint64_t>(slot.start);
    const std::vector<uint8_t> bytes = damaged.block(number, base.block_size);
    const auto block = UncheckedBlock(number, bytes).check(table);
    return block && all_zero(block->payload());
  }
  return false;
}

Content KnownImage::noticeable(const Content& lost, const BlockSet& touched,
                               const CowFile& damaged) const {
  Content left = settled(lost, touched);
  if (seems_empty(block_types::kSnapshots, damaged)) left.snapshots.clear();
  if (seems_empty(block_types::kCode, damaged)) left.modules.clear();
  return left;
}

}  // namespace vde::test
