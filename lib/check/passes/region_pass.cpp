// Checks the region tables: the directory, its agreement with the pointer table, and the slots:
// bounds, overlaps, types, and the regions that the features need.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"
#include "check/exact/cause.h"
#include "check/passes.h"
#include "format/feature.h"

namespace vde {
namespace {

std::string slot_text(const RegionSlot& slot) {
  if (slot.is_free()) return "free";
  return fmt::format("{} flags {} start {} count {} used {}", to_string(slot.type), slot.flags,
                     slot.start, slot.count, slot.used);
}

void check_directory_blocks(VerifyContext& context) {
  const DirectoryProbe& directory = context.probe.directory;
  for (const FixedBlock& block : directory.blocks) {
    if (block.readable) ++context.report.summary().blocks_checked;
    if (block.is(block_types::kRegionMap)) continue;
    const std::string why = !block.readable ? block.read_error
                            : block.state != BlockState::kValid
                                ? std::string(to_string(block.state)) +
                                      fixed_block_cause(context.search, context.probe, block)
                                : "type " + to_string(block.trailer.type);
    context.report.add(FindingCode::kDirectoryDamaged, block.number, block_types::kRegionMap, why);
  }
  const bool valid = std::all_of(directory.blocks.begin(), directory.blocks.end(),
                                 [](const FixedBlock& b) { return b.is(block_types::kRegionMap); });
  if (!valid) return;
  if (!directory.whole) {
    context.report.add(FindingCode::kDirectoryChecksumWrong, kDirectoryStart + 1,
                       block_types::kRegionMap, "block 9 does not match block 8");
    return;
  }
  if (directory.blocks[0].trailer.generation != directory.blocks[1].trailer.generation)
    context.report.add(
        FindingCode::kDirectoryGenerationOdd, kDirectoryStart, block_types::kRegionMap,
        fmt::format("block 8: {}, block 9: {}", directory.blocks[0].trailer.generation,
                    directory.blocks[1].trailer.generation));
  const auto slots = decode_slots(directory.blocks[0].payload());
  const auto active = std::count_if(slots.begin(), slots.end(),
                                    [](const RegionSlot& slot) { return !slot.is_free(); });
  const DirectoryHeader& header = *directory.header;
  const bool all_slots = header.slot_count == slots.size() || header.slot_count == kMaxSlots;
  if (!all_slots || header.active_count != active || header.version != 1)
    context.report.add(
        FindingCode::kDirectoryCountsWrong, kDirectoryStart + 1, block_types::kRegionMap,
        fmt::format("version {}, {} slots, {} active; block 8 has {} slots, {} active",
                    header.version, header.slot_count, header.active_count, slots.size(), active));
  if (header.reserved != 0)
    context.report.add(FindingCode::kReservedNotZero, kDirectoryStart + 1, block_types::kRegionMap,
                       "reserved field of the directory's header");
}

void compare_tables(VerifyContext& context) {
  const Probe& probe = context.probe;
  if (probe.superblock_source != SuperblockSource::kGroup || !probe.directory.whole) return;
  if (context.exported) return;
  const auto other = decode_slots(probe.directory.blocks[0].payload());
  for (size_t i = 0; i < other.size(); ++i)
    if (probe.slots[i] != other[i])
      context.report.add(FindingCode::kTablesDisagree, kDirectoryStart, other[i].type,
                         fmt::format("slot {}: pointer table {}; directory {}", i,
                                     slot_text(probe.slots[i]), slot_text(other[i])));
}

bool may_repeat(BlockType type) {
  return is_fixed(type) || type == block_types::kData;
}

constexpr uint32_t kKnownFlags = kRegionActive | kRegionEncrypted | kRegionCompressed |
                                 kRegionWorm | kRegionReadOnly | kRegionMigrating;

// Checks one slot, and keeps its region, clipped to the file, for the later passes.
void place_slot(VerifyContext& context, size_t index, bool is_data_area) {
  const RegionSlot& slot = context.probe.slots[index];
  if (!is_known(slot.type))
    context.report.add(FindingCode::kRegionUnknownType, std::nullopt, slot.type,
                       fmt::format("slot {}: type {}", index, to_string(slot.type)));
  if ((slot.flags & ~kKnownFlags) != 0)
    context.report.add(FindingCode::kRegionUnknownFlags, std::nullopt, slot.type,
                       fmt::format("slot {}: {:#x}", index, slot.flags & ~kKnownFlags));
  const auto blocks = block_range(slot.start, slot.count);
  const bool verified = context.probe.superblock_verified();
  const uint64_t end_of_volume = verified && context.probe.superblock.total_blocks >= 0
                                     ? static_cast<uint64_t>(context.probe.superblock.total_blocks)
                                     : context.probe.blocks_in_file();
  const bool no_data = context.exported && is_data_area && slot.count == 0;
  if (!no_data && (!blocks || blocks->empty() || blocks->end > end_of_volume))
    context.report.add(FindingCode::kRegionOutside, std::nullopt, slot.type,
                       fmt::format("slot {}: {} blocks from {}; the volume has {} blocks", index,
                                   slot.count, slot.start, end_of_volume));
  if (!blocks) return;
  const uint64_t end = std::min(blocks->end, context.probe.blocks_in_file());
  if (blocks->begin < end)
    context.regions.push_back(
        {index, slot.type, {blocks->begin, end}, is_data_area, context.probe.content_of(index)});
}

// The data area without the regions at its edges, where its slot should end. A region in its middle
// may stay there; if the bitmap marks its blocks free, the bitmap pass reports that.
BlockRange middle_of_data_area(const std::vector<PlacedRegion>& regions) {
  BlockRange area;
  std::vector<BlockRange> others;
  for (const PlacedRegion& region : regions) {
    if (region.is_data_area)
      area = region.blocks;
    else
      others.push_back(region.blocks);
  }
  return without_edges(area, merge_ranges(std::move(others), area.end));
}

void check_overlaps(VerifyContext& context) {
  const BlockRange middle = middle_of_data_area(context.regions);
  std::vector<PlacedRegion> sorted = context.regions;
  std::sort(sorted.begin(), sorted.end(), [](const PlacedRegion& a, const PlacedRegion& b) {
    return std::pair(a.blocks.begin, a.slot) < std::pair(b.blocks.begin, b.slot);
  });
  // With at most 127 slots, all pairs can be compared; every overlap is reported.
  for (size_t i = 0; i < sorted.size(); ++i)
    for (size_t j = i + 1; j < sorted.size() && sorted[j].blocks.begin < sorted[i].blocks.end;
         ++j) {
      const bool data = sorted[i].is_data_area || sorted[j].is_data_area;
      const BlockRange& inner = sorted[sorted[i].is_data_area ? j : i].blocks;
      if (data && middle.begin < inner.begin && inner.end < middle.end) continue;
      const uint64_t end = std::min(sorted[i].blocks.end, sorted[j].blocks.end);
      if (!data)
        for (const size_t k : {i, j}) context.report.taint(sorted[k].type);
      context.report.add(
          data ? FindingCode::kRegionOverlapsData : FindingCode::kRegionsOverlap,
          sorted[j].blocks.begin, sorted[sorted[i].is_data_area ? j : i].type,
          fmt::format("{} (slot {}) and {} (slot {}) share blocks {} to {}",
                      to_string(sorted[i].type), sorted[i].slot, to_string(sorted[j].type),
                      sorted[j].slot, sorted[j].blocks.begin, end - 1));
    }
}

size_t count_slots(const VerifyContext& context, BlockType type) {
  const auto& slots = context.probe.slots;
  return static_cast<size_t>(std::count_if(slots.begin(), slots.end(), [&](const RegionSlot& slot) {
    return !slot.is_free() && slot.type == type;
  }));
}

void require_region(VerifyContext& context, BlockType type, std::string_view why) {
  if (count_slots(context, type) > 0) return;
  context.report.add(FindingCode::kRegionMissing, std::nullopt, type,
                     fmt::format("no {} region, but {}", to_string(type), why));
}

void check_presence(VerifyContext& context) {
  const auto& slots = context.probe.slots;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_free() || may_repeat(slots[i].type)) continue;
    const auto first = std::find_if(slots.begin(), slots.end(), [&](const RegionSlot& slot) {
      return !slot.is_free() && slot.type == slots[i].type;
    });
    if (first - slots.begin() != static_cast<ptrdiff_t>(i))
      context.report.add(
          FindingCode::kRegionDuplicate, std::nullopt, slots[i].type,
          fmt::format("slot {} names a second {} region", i, to_string(slots[i].type)));
  }
  for (const BlockType type :
       {block_types::kBitmap, block_types::kInodes, block_types::kMetadataWal})
    require_region(context, type, "every image needs one");
  if (!context.probe.superblock_verified()) return;
  for (const Feature& feature : features())
    if ((context.probe.superblock.module_manifest >> feature.id & 1) != 0)
      for (const BlockType type : feature.regions)
        require_region(context, type, fmt::format("the feature {} needs one", feature.name));
}

void check_fixed_places(VerifyContext& context) {
  struct Fixed {
    BlockType type;
    int64_t start;
    int64_t count;
  };
  for (const Fixed& fixed : {Fixed{block_types::kSuperblock, kPrimaryGroup, kGroupBlocks},
                             Fixed{block_types::kSuperblock, kMirrorGroup, kGroupBlocks},
                             Fixed{block_types::kRegionMap, kDirectoryStart, kDirectoryBlocks}}) {
    const auto& slots = context.probe.slots;
    const bool there = std::any_of(slots.begin(), slots.end(), [&](const RegionSlot& slot) {
      return slot.type == fixed.type && slot.start == fixed.start && slot.count == fixed.count;
    });
    if (!there)
      context.report.add(FindingCode::kFixedRegionMisplaced, static_cast<uint64_t>(fixed.start),
                         fixed.type,
                         fmt::format("no slot names the {} blocks from {} as {}", fixed.count,
                                     fixed.start, to_string(fixed.type)));
  }
}

}  // namespace

Result<void> check_regions(VerifyContext& context) {
  check_directory_blocks(context);
  compare_tables(context);
  const auto& slots = context.probe.slots;
  const auto data_area = context.probe.data_area();
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i].is_free()) place_slot(context, i, data_area == i);
  if (slots.empty()) return {};
  check_overlaps(context);
  if (context.exported) return {};
  check_fixed_places(context);
  check_presence(context);
  return {};
}

}  // namespace vde
