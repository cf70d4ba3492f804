#include "check/exact/derived_bitmap.h"

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"
#include "check/written_blocks.h"
#include "format/region/bitmap.h"
#include "format/region/snapshot_entry.h"
#include "table/dictionary_table.h"
#include "table/module_table.h"

namespace vde {
namespace {

void mark(const std::vector<BlockRange>& owners, BlockRange covers, MutableBytes bits) {
  for (const BlockRange& owner : owners) {
    const uint64_t begin = std::max(owner.begin, covers.begin);
    const uint64_t end = std::min(owner.end, covers.end);
    if (begin < end) set_bits(bits, begin - covers.begin, end - covers.begin);
  }
}

void mark_all(Bytes marked, MutableBytes bits) {
  for (size_t i = 0; i < bits.size(); ++i) bits[i] |= marked[i];
}

}  // namespace

// How much of the bitmap a writer marked, and when, is not known: each of the ways is a candidate.
Result<std::vector<DerivedPayload>> BitmapDerivation::derive(uint64_t number) {
  std::vector<DerivedPayload> found;
  VDE_TRY(read_tables());
  const uint64_t bits_per_block = bits_per_bitmap_block(input_.io.block_size());
  const uint64_t first = (number - region_.begin) * bits_per_block;
  const BlockRange covers{std::min(first, total()), std::min(first + bits_per_block, total())};
  if (!input_.take_reading(covers.count()) || !input_.take(owners_.size() + more_.size()))
    return found;
  const size_t size = payload_size(input_.io.block_size());
  BlockBuffer written(size);
  VDE_TRY(each_written_block(input_.io, covers, input_.activity, [&](const UncheckedBlock& block) {
    const uint64_t bit = block.number() - covers.begin;
    if (!block.is_unwritten()) set_bits(written, bit, bit + 1);
    return Result<void>{};
  }));
  BlockBuffer bits(size);
  const auto add = [&](std::string source) { found.push_back({bits, std::move(source)}); };
  mark(owners_, covers, bits);
  add("the regions and modules");
  BlockBuffer owned = bits;
  mark_all(written, bits);
  add("the regions, modules and written data blocks");
  bits = std::move(owned);
  mark(more_, covers, bits);
  add("the regions, modules, snapshots and dictionaries");
  mark_all(written, bits);
  add("all owners of blocks and the written data blocks");
  return found;
}

// Calls `add` with the payload of each valid block of a table, and whether it is the first.
template <class Add>
Result<void> BitmapDerivation::each_table_block(BlockType tag, Add add) {
  for (const PlacedRegion& region : regions_) {
    if (region.type != tag || !input_.take_reading(region.blocks.count())) continue;
    VDE_TRY(each_written_block(
        input_.io, region.blocks, input_.activity, [&](const UncheckedBlock& block) {
          if (block.check(tag))
            add(block.unchecked_payload(), block.number() == region.blocks.begin);
          return Result<void>{};
        }));
  }
  return {};
}

Result<void> BitmapDerivation::read_tables() {
  if (read_) return {};
  read_ = true;
  owners_.push_back({0, kFirstRegionBlock});
  for (const PlacedRegion& region : regions_) owners_.push_back(region.blocks);
  VDE_TRY(each_table_block(block_types::kCode,
                           [&](Bytes payload, bool head) { add_modules(payload, head); }));
  VDE_TRY(each_table_block(block_types::kSnapshots,
                           [&](Bytes payload, bool head) { add_snapshots(payload, head); }));
  return each_table_block(block_types::kDictionaries,
                          [&](Bytes payload, bool head) { add_dictionaries(payload, head); });
}

void BitmapDerivation::add_modules(Bytes payload, bool head) {
  const auto entries = decode_module_block(payload, head, INT32_MAX);
  if (!entries) return;
  for (const ModuleEntry& entry : *entries)
    if (const auto extent = module_extent(entry, total(), input_.io.block_size()))
      owners_.push_back(*extent);
}

void BitmapDerivation::add_snapshots(Bytes payload, bool head) {
  const auto entries = decode_snapshot_block(payload, head, INT32_MAX);
  if (!entries) return;
  for (const SnapshotEntry& entry : *entries)
    if (const auto table = block_range(entry.inode_table_start, entry.inode_table_blocks))
      more_.push_back(*table);
}

void BitmapDerivation::add_dictionaries(Bytes payload, bool head) {
  for (const Dictionary& entry : decode_dictionaries(payload, head, kMaxDictionaries))
    if (const auto extent = dictionary_extent(entry, total())) more_.push_back(*extent);
}

}  // namespace vde
