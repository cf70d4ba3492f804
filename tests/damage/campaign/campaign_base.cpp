#include "damage/campaign/campaign_base.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/checked.h"
#include "format/region/bitmap.h"
#include "format/region/packed_table.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "probe/probe.h"
#include "support/must.h"
#include "support/one_change.h"
#include "support/verify_list.h"

namespace vde::test {
namespace {

constexpr uint64_t kGroupEnd = 8;
constexpr uint64_t kDirectoryEnd = 10;

bool is_data_area(const std::vector<RegionSlot>& slots, size_t i) {
  return slots[i].type == block_types::kData || data_area_slot(slots, 0) == i;
}

// Finds the parts of a base.
class PartFinder {
 public:
  explicit PartFinder(CampaignBase& base) : base_(base), file_(base.open()) {}

  void find() {
    for (const RegionSlot& slot : base_.slots) {
      if (slot.is_free()) continue;
      const auto range = block_range(slot.start, slot.count);
      if (!range || range->empty()) continue;
      const std::string name = to_string(slot.type);
      if (slot.type == block_types::kBitmap)
        add_range("BMAP", 6, {range->begin, range->begin + bitmap_blocks()});
      if (slot.type == block_types::kInodes)
        add_range("INOD first", 1, {range->begin, range->begin + 1});
      if (slot.type == block_types::kMetadataWal) {
        base_.journal = *range;
        add_range("MWAL header", 1, {range->begin, range->begin + 1});
        add_range("MWAL last", 1, {range->end - 1, range->end});
      }
      if (slot.type == block_types::kSnapshots || slot.type == block_types::kCode)
        add_table(name, *range);
      if (slot.type == block_types::kTagIndex) add_tags(*range);
    }
    add_range("group", 2, {0, kGroupEnd});
    add_range("directory", 1, {kGroupEnd, kDirectoryEnd});
  }

 private:
  void add(const std::string& name, uint64_t weight, std::vector<uint64_t> blocks) {
    if (!blocks.empty()) base_.parts.push_back({name, weight, std::move(blocks)});
  }
  void add_range(const std::string& name, uint64_t weight, BlockRange range) {
    std::vector<uint64_t> blocks;
    for (uint64_t n = range.begin; n < range.end; ++n) blocks.push_back(n);
    add(name, weight, std::move(blocks));
  }
  [[nodiscard]] uint64_t bitmap_blocks() const {
    return bitmap_blocks_for(base_.blocks, base_.block_size);
  }
  [[nodiscard]] std::vector<uint8_t> payload(uint64_t number) const {
    std::vector<uint8_t> bytes = file_->block(number, base_.block_size);
    bytes.resize(payload_size(base_.block_size));
    return bytes;
  }

  void add_table(const std::string& name, BlockRange range) {
    std::vector<uint64_t> used;
    std::vector<uint64_t> spare;
    for (uint64_t n = range.begin + 1; n < range.end; ++n)
      (all_zero(payload(n)) ? spare : used).push_back(n);
    add_range(name + " first", 2, {range.begin, range.begin + 1});
    add(name + " used", 2, std::move(used));
    add(name + " spare", 1, std::move(spare));
  }

  void add_tags(BlockRange range) {
    add_range("TAGI header", 3, {range.begin, range.begin + 1});
    add_range("TAGI root", 2, {range.begin + kTagRoot, range.begin + kTagRoot + 1});
    std::map<std::string, std::vector<uint64_t>> found;
    std::vector<uint64_t> todo = {kTagRoot};
    std::set<uint64_t> seen;
    while (!todo.empty()) {
      const uint64_t number = todo.back();
      todo.pop_back();
      if (!seen.insert(number).second) continue;
      const auto node = decode_tag_node(payload(range.begin + number));
      if (!node) continue;
      if (number != kTagRoot)
        found[node->leaf ? "TAGI leaf" : "TAGI inner"].push_back(range.begin + number);
      for (const int32_t child : node->children)
        if (child > 0 && static_cast<uint64_t>(child) < range.count())
          todo.push_back(static_cast<uint64_t>(child));
    }
    add_extension_parts(range, found);
    for (const auto& [name, blocks] : found) add(name, name == "TAGI leaf" ? 3 : 2, blocks);
  }

  void add_extension_parts(BlockRange range, std::map<std::string, std::vector<uint64_t>>& found) {
    const std::vector<uint8_t> head = payload(range.begin);
    const auto extension = decode_tag_extension(head);
    if (!extension) return;
    const uint64_t lines = tag_lines_per_block(base_.block_size);
    for (uint64_t i = 0; i < divide_up(extension->filter_lines, lines); ++i)
      found["TAGI filter"].push_back(range.begin + extension->filter_start + i);
    for (auto at = static_cast<uint64_t>(extension->free_head);
         at != 0 && found["TAGI free"].size() < extension->free_count;) {
      found["TAGI free"].push_back(range.begin + at);
      const auto next = decode_free_tag_node(payload(range.begin + at));
      at = next ? static_cast<uint64_t>(*next) : 0;
    }
  }

  CampaignBase& base_;
  std::unique_ptr<CowFile> file_;
};

// Whose the blocks are, by the bitmap and by what refers to them.
void find_owners(CampaignBase& base) {
  const auto file = base.open();
  const uint64_t bits = bits_per_bitmap_block(base.block_size);
  std::vector<bool> owned(base.blocks);
  const auto own = [&](BlockRange range) {
    for (uint64_t n = range.begin; n < std::min(range.end, base.blocks); ++n) owned[n] = true;
  };
  own({0, kDirectoryEnd});
  uint64_t bitmap = 0;
  for (size_t i = 0; i < base.slots.size(); ++i) {
    const RegionSlot& slot = base.slots[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || !range || is_data_area(base.slots, i)) continue;
    own(*range);
    if (slot.type == block_types::kBitmap) bitmap = range->begin;
  }
  for (const Module& module : base.content.modules)
    if (const auto range = block_range(module.first_block, module.block_count)) own(*range);
  base.free.assign(base.blocks, false);
  std::vector<uint8_t> block;
  for (uint64_t n = 0; n < base.blocks; ++n) {
    if (n % bits == 0) block = file->block(bitmap + n / bits, base.block_size);
    if (owned[n]) continue;
    if (!test_bit(block, n % bits))
      base.free[n] = true;
    else if (!all_zero(file->block(n, base.block_size)))
      base.foreign.push_back(n);
  }
}

}  // namespace

std::string CampaignBase::region_of(uint64_t block) const {
  if (block < kGroupEnd) return "group";
  if (block < kDirectoryEnd) return "directory";
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto range = block_range(slots[i].start, slots[i].count);
    if (!slots[i].is_free() && !is_data_area(slots, i) && range && range->contains(block))
      return to_string(slots[i].type);
  }
  return "data";
}

CampaignBase make_base(std::string name, std::shared_ptr<const FrozenImage> image,
                       std::vector<std::shared_ptr<const FrozenImage>> older) {
  CampaignBase base;
  base.name = std::move(name);
  base.image = std::move(image);
  base.older = std::move(older);
  const auto file = base.open();
  const Probe probe = must(probe_to_judge(*file));
  base.block_size = probe.block_size;
  base.blocks = probe.usable_blocks();
  base.slots = probe.slots;
  base.label = must(read_label(*file));
  Listing listing = list_content(*file);
  if (!listing.tags.whole() || !listing.snapshots.whole() || !listing.modules.whole() ||
      listing.content.modules.size() != listing.listed_modules.size())
    throw std::logic_error("the base " + base.name + " cannot be listed");
  base.content = std::move(listing.content);
  base.ever = base.content;
  for (const auto& copy : base.older) {
    CowFile old(copy);
    Content content = list_content(old).content;
    base.ever = joined(base.ever, content);
  }
  base.clean = !verified(*file).complains();
  find_owners(base);
  PartFinder(base).find();
  return base;
}

}  // namespace vde::test
