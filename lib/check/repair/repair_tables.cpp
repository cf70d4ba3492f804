// The directory and the pointer tables from each other, and then the slots themselves as far as the
// format settles what they must say.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/repair/structure_repair.h"
#include "format/feature.h"
#include "format/region/bitmap.h"

namespace vde {
namespace {

using Slots = std::vector<RegionSlot>;

int wrong_places(const Probe& probe, const Slots& slots) {
  const auto placed = place_regions(slots, probe.usable_blocks());
  const auto used = std::count_if(slots.begin(), slots.end(),
                                  [](const RegionSlot& slot) { return !slot.is_free(); });
  int wrong = static_cast<int>(used) - static_cast<int>(placed.size());
  for (size_t i = 0; i < placed.size(); ++i)
    for (size_t j = i + 1; j < placed.size(); ++j) {
      const bool data = placed[i].is_data_area || placed[j].is_data_area;
      if (!data && overlap(placed[i].blocks, placed[j].blocks)) ++wrong;
    }
  return wrong;
}

int missing_regions(const Probe& probe, const Slots& slots) {
  const auto there = [&](BlockType tag) {
    return std::any_of(slots.begin(), slots.end(),
                       [&](const RegionSlot& slot) { return !slot.is_free() && slot.tag == tag; });
  };
  int missing = 0;
  for (const BlockType tag :
       {block_types::kBitmap, block_types::kInodes, block_types::kMetadataWal})
    if (!there(tag)) ++missing;
  for (const Feature& module : features())
    if ((probe.superblock.module_manifest >> module.id & 1) != 0)
      for (const BlockType tag : module.regions)
        if (!there(tag)) ++missing;
  return missing;
}

// Regions whose first block is sealed with another region's tag.
Result<int> foreign_heads(const FoundationRepair& repair, const Slots& slots) {
  int foreign = 0;
  BlockBuffer buffer = repair.io().make_buffer();
  for (const PlacedRegion& region : place_regions(slots, repair.probe().usable_blocks())) {
    if (region.is_data_area || region.blocks.begin < kFirstRegionBlock) continue;
    VDE_TRY_ASSIGN(block, repair.io().read(region.blocks.begin, buffer));
    if (block.check_any() && block.unchecked_trailer().tag != region.tag) ++foreign;
  }
  return foreign;
}

// How much of the image contradicts these slots.
Result<int> contradictions(const FoundationRepair& repair, const Slots& slots) {
  VDE_TRY_ASSIGN(foreign, foreign_heads(repair, slots));
  return foreign + wrong_places(repair.probe(), slots) + missing_regions(repair.probe(), slots);
}

// Both blocks of a directory that holds `slots`.
std::array<BlockBuffer, kDirectoryBlocks> directory_of(const Probe& probe, const Slots& slots) {
  std::array<BlockBuffer, kDirectoryBlocks> blocks = {BlockBuffer(probe.block_size),
                                                      BlockBuffer(probe.block_size)};
  const auto generation = static_cast<uint32_t>(probe.superblock.checkpoint_sequence);
  const size_t payload = payload_size(probe.block_size);
  encode_slots(slots, MutableBytes(blocks[0]).first(payload));
  DirectoryHeader header;
  header.slot_count = static_cast<uint16_t>(slots.size());
  header.active_count = static_cast<uint16_t>(std::count_if(
      slots.begin(), slots.end(), [](const RegionSlot& slot) { return !slot.is_free(); }));
  header.slots_checksum = checksum(Bytes(blocks[0]).first(payload));
  kDirectoryHeaderLayout.encode(header, blocks[1]);
  for (BlockBuffer& block : blocks) seal(block, block_types::kRegionMap, generation);
  return blocks;
}

// Whether block 9 says what block 8 holds, and both are of one generation.
bool directory_is_right(const Probe& probe, const Slots& slots) {
  const DirectoryProbe& directory = probe.directory;
  if (!directory.whole || decode_slots(directory.blocks[0].payload()) != slots) return false;
  const auto active = std::count_if(slots.begin(), slots.end(),
                                    [](const RegionSlot& slot) { return !slot.is_free(); });
  const DirectoryHeader& header = *directory.header;
  return (header.slot_count == slots.size() || header.slot_count == kMaxSlots) &&
         header.active_count == active && header.version == 1 &&
         directory.blocks[0].trailer.generation == directory.blocks[1].trailer.generation;
}

Result<void> write_directory(FoundationRepair& repair, const Slots& slots, std::string source) {
  repair.step("the region directory is written anew", std::move(source));
  const auto blocks = directory_of(repair.probe(), slots);
  for (uint64_t i = 0; i < kDirectoryBlocks; ++i)
    VDE_TRY(repair.write_direct(kDirectoryStart + i, blocks[i]));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// One group after the other, each synced: the mirror stays whole until the primary is.
Result<void> write_tables(FoundationRepair& repair, const Slots& slots, std::string source) {
  repair.step("the pointer tables are made equal to the region directory", std::move(source));
  const Probe& probe = repair.probe();
  const uint64_t counts = probe.superblock_block;
  GroupState state = decode_group(counts == kPrimaryGroup ? probe.primary : probe.mirror);
  state.slots = slots;
  const BlockBuffer group = encode_group(state, probe.block_size);
  const Bytes table = Bytes(group).subspan(probe.block_size, probe.block_size);
  for (const uint64_t start : {kPrimaryGroup, kMirrorGroup}) {
    VDE_TRY(repair.write_direct(start + 1, table));
    VDE_TRY(repair.sync());
  }
  return repair.check_again();
}

struct Fixed {
  BlockType tag;
  int64_t start;
  int64_t count;
};
constexpr Fixed kFixed[] = {{block_types::kSuperblock, kPrimaryGroup, kGroupBlocks},
                            {block_types::kSuperblock, kMirrorGroup, kGroupBlocks},
                            {block_types::kRegionMap, kDirectoryStart, kDirectoryBlocks}};

bool names(const RegionSlot& slot, const Fixed& fixed) {
  return !slot.is_free() && slot.tag == fixed.tag && slot.start == fixed.start &&
         slot.count == fixed.count;
}

bool names_any(const RegionSlot& slot) {
  return std::any_of(std::begin(kFixed), std::end(kFixed),
                     [&](const Fixed& fixed) { return names(slot, fixed); });
}

// The slot to put a fixed region into: one that has its place, or its tag and names nothing right,
// else a free one.
RegionSlot* slot_for(Slots& slots, const Fixed& fixed) {
  for (RegionSlot& slot : slots)
    if (!slot.is_free() && slot.start == fixed.start && slot.count == fixed.count) return &slot;
  for (RegionSlot& slot : slots)
    if (!slot.is_free() && slot.tag == fixed.tag && slot.start == fixed.start) return &slot;
  for (RegionSlot& slot : slots)
    if (!slot.is_free() && slot.tag == fixed.tag && !names_any(slot)) return &slot;
  for (RegionSlot& slot : slots)
    if (slot.is_free()) return &slot;
  return nullptr;
}

// A region at the front or the end of the data area is taken out of it; one in its middle may stay.
void repair_data_area(StructureRepair& repair) {
  const auto index = data_area_slot(repair.slots());
  if (!index) return;
  const std::vector<BlockRange> taken = repair.metadata();
  RegionSlot& slot = repair.slots()[*index];
  const auto area = block_range(slot.start, slot.count);
  if (!area || area->end > repair.total_blocks()) return;
  BlockRange rest = *area;
  for (const BlockRange& other : taken)
    if (other.begin <= rest.begin) rest.begin = std::max(rest.begin, other.end);
  for (auto other = taken.rbegin(); other != taken.rend(); ++other)
    if (other->end >= rest.end) rest.end = std::min(rest.end, other->begin);
  if (rest.empty() || rest == *area) return;
  repair.step(fmt::format("the data area is blocks {} to {}", rest.begin, rest.end - 1),
              "the slots of the regions that it overlapped");
  slot.start = static_cast<int64_t>(rest.begin);
  slot.count = static_cast<int64_t>(rest.count());
}

// A bitmap that is too small for the volume continues after its end, if those blocks are its own or
// unwritten, and no slot claims them: then its own slot is what is wrong.
Result<void> repair_bitmap_slot(StructureRepair& repair) {
  const auto region = repair.sole_region(block_types::kBitmap);
  if (!region) return {};
  const uint64_t needed = bitmap_blocks_for(repair.total_blocks(), repair.io().block_size());
  const BlockRange rest{region->blocks.end, region->blocks.begin + needed};
  if (region->blocks.count() >= needed || rest.end > repair.total_blocks()) return {};
  for (const PlacedRegion& other : repair.regions())
    if (overlap(other.blocks, rest)) return {};
  for (uint64_t block = rest.begin; block < rest.end; ++block) {
    VDE_TRY_ASSIGN(payload, repair.read_whole(block, block_types::kBitmap));
    if (!payload) return {};
  }
  repair.step(fmt::format("the bitmap is blocks {} to {}", region->blocks.begin, rest.end - 1),
              "the volume's size; no other slot claims those blocks, and nothing else is in them");
  repair.slots()[region->slot].count = static_cast<int64_t>(needed);
  return {};
}

}  // namespace

Result<void> repair_tables(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  if (probe.superblock_source != SuperblockSource::kGroup) return {};
  const Slots table = probe.slots;
  if (directory_is_right(probe, table)) return {};
  if (!probe.directory.whole)
    return write_directory(repair, table, "the pointer table of a whole superblock group");
  const Slots listed = decode_slots(probe.directory.blocks[0].payload());
  if (listed == table) return write_directory(repair, table, "its own slots, which are right");
  VDE_TRY_ASSIGN(table_wrong, contradictions(repair, table));
  VDE_TRY_ASSIGN(listed_wrong, contradictions(repair, listed));
  if (listed_wrong < table_wrong)
    return write_tables(repair, listed, "the directory, which fits the image better");
  return write_directory(repair, table,
                         listed_wrong == table_wrong
                             ? "the pointer table, of which there are two copies"
                             : "the pointer table, which fits the image better");
}

Result<void> repair_fixed_slots(StructureRepair& repair) {
  for (const Fixed& fixed : kFixed) {
    Slots& slots = repair.slots();
    if (std::any_of(slots.begin(), slots.end(), [&](const auto& s) { return names(s, fixed); }))
      continue;
    RegionSlot* slot = slot_for(slots, fixed);
    if (slot == nullptr) continue;
    repair.step(fmt::format("slot {} names the {} blocks from {} as {}", slot - slots.data(),
                            fixed.count, fixed.start, to_string(fixed.tag)),
                "the format: these places are fixed");
    *slot = {fixed.tag, kRegionActive, fixed.start, fixed.count, slot->used};
  }
  return {};
}

Result<void> repair_slots(StructureRepair& repair) {
  if (repair.total_blocks() == 0) return {};
  repair_data_area(repair);
  return repair_bitmap_slot(repair);
}

}  // namespace vde
