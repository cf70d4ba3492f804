#include "check/exact/derived.h"

#include <algorithm>
#include <functional>

#include "base/checked.h"
#include "base/ranges.h"
#include "check/exact/derived_tags.h"
#include "check/repair/repair_base.h"
#include "check/written_blocks.h"
#include "format/region/bitmap.h"
#include "format/region/inode.h"
#include "format/region/snapshot_entry.h"
#include "table/dictionary_table.h"
#include "table/module_table.h"

namespace vde {
namespace {

using Ranges = std::vector<BlockRange>;

// The bitmap from who owns blocks. How much of it a writer marked, and when, is not known: each of
// the ways is a candidate.
class BitmapDerivation {
 public:
  BitmapDerivation(BlockFile& file, const Probe& probe, const PlacedRegion& region,
                   const Activity& activity)
      : io_(file, probe.block_size),
        total_(probe.usable_blocks()),
        regions_(place_regions(probe)),
        bits_(bits_per_bitmap_block(probe.block_size)),
        region_(region),
        activity_(activity) {}

  Result<std::vector<DerivedPayload>> derive(uint64_t number) {
    const uint64_t first = (number - region_.blocks.begin) * bits_;
    const BlockRange covers{std::min(first, total_), std::min(first + bits_, total_)};
    add_regions();
    VDE_TRY(each_table_block(block_types::kCode,
                             [&](Bytes payload, bool head) { add_modules(payload, head); }));
    BlockBuffer bits(payload_size(io_.block_size()));
    mark(owners_, covers, bits);
    std::vector<DerivedPayload> found;
    const auto add = [&](std::string source) { found.push_back({bits, std::move(source)}); };
    add("the regions and modules");
    BlockBuffer written = bits;
    VDE_TRY(mark_written(covers, written));
    found.push_back({written, "the regions and the written data blocks"});
    VDE_TRY(each_table_block(block_types::kSnapshots,
                             [&](Bytes payload, bool head) { add_snapshots(payload, head); }));
    VDE_TRY(each_table_block(block_types::kDictionaries,
                             [&](Bytes payload, bool head) { add_dictionaries(payload, head); }));
    mark(owners_, covers, bits);
    add("the regions, modules, snapshots and dictionaries");
    VDE_TRY(mark_written(covers, bits));
    add("all owners of blocks and the written data blocks");
    return found;
  }

 private:
  void add_regions() {
    owners_.push_back({0, kFirstRegionBlock});
    for (const PlacedRegion& region : regions_)
      if (!region.is_data_area) owners_.push_back(region.blocks);
  }

  // Calls `add` with the payload of each valid block of a table.
  Result<void> each_table_block(BlockType tag, const std::function<void(Bytes, bool)>& add) {
    for (const PlacedRegion& region : regions_) {
      if (region.type != tag || region.is_data_area) continue;
      const auto visit = [&](const UncheckedBlock& block) -> Result<void> {
        if (block.check(tag)) add(block.unchecked_payload(), block.number() == region.blocks.begin);
        return {};
      };
      VDE_TRY(each_written_block(io_, region.blocks, activity_, visit));
    }
    return {};
  }

  void add_modules(Bytes payload, bool head) {
    const auto entries = decode_module_block(payload, head, INT32_MAX);
    if (!entries) return;
    for (const ModuleEntry& entry : *entries)
      if (const auto extent = module_extent(entry, total_, io_.block_size()))
        owners_.push_back(*extent);
  }

  void add_snapshots(Bytes payload, bool head) {
    const auto entries = decode_snapshot_block(payload, head, INT32_MAX);
    if (!entries) return;
    for (const SnapshotEntry& entry : *entries)
      if (const auto table = block_range(entry.inode_table_start, entry.inode_table_blocks))
        owners_.push_back(*table);
  }

  void add_dictionaries(Bytes payload, bool head) {
    for (const Dictionary& entry : decode_dictionaries(payload, head, kMaxDictionaries))
      if (const auto extent = dictionary_extent(entry, total_)) owners_.push_back(*extent);
  }

  static void mark(const Ranges& owners, BlockRange covers, MutableBytes bits) {
    for (const BlockRange& owner : owners) {
      const uint64_t begin = std::max(owner.begin, covers.begin);
      const uint64_t end = std::min(owner.end, covers.end);
      if (begin < end) set_bits(bits, begin - covers.begin, end - covers.begin);
    }
  }

  Result<void> mark_written(BlockRange covers, MutableBytes bits) {
    return each_written_block(io_, covers, activity_,
                              [&](const UncheckedBlock& block) -> Result<void> {
                                const uint64_t bit = block.number() - covers.begin;
                                if (!block.is_unwritten()) set_bits(bits, bit, bit + 1);
                                return {};
                              });
  }

  BlockIo io_;
  uint64_t total_;
  std::vector<PlacedRegion> regions_;
  uint64_t bits_;
  const PlacedRegion& region_;
  const Activity& activity_;
  Ranges owners_;
};

DerivedPayload inode_layout(const Probe& probe) {
  DerivedPayload derived{BlockBuffer(payload_size(probe.block_size)),
                         "the module manifest of the superblock"};
  encode_inode_layout(make_inode_layout(probe.superblock.module_manifest), derived.payload);
  return derived;
}

}  // namespace

Result<std::vector<DerivedPayload>> derive_payloads(BlockFile& file, const Probe& probe,
                                                    uint64_t number, const Activity& activity) {
  for (const PlacedRegion& region : place_regions(probe)) {
    const bool plain = !region.is_data_area && probe.slots[region.slot].is_plain();
    if (!plain || !region.blocks.contains(number)) continue;
    if (region.type == block_types::kBitmap)
      return BitmapDerivation(file, probe, region, activity).derive(number);
    if (region.type == block_types::kInodes && number == region.blocks.begin &&
        probe.superblock_verified())
      return std::vector<DerivedPayload>{inode_layout(probe)};
    if (region.type == block_types::kTagIndex)
      return derive_tag_block(BlockIo(file, probe.block_size), region.blocks,
                              number - region.blocks.begin, activity);
  }
  return std::vector<DerivedPayload>{};
}

}  // namespace vde
