// Repairs the directory and the pointer tables from each other, then slots whose content follows
// from the format.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/origin/exported.h"
#include "check/repair/slot_choice.h"
#include "check/repair/structure_repair.h"
#include "format/region/bitmap.h"
#include "journal/recovery.h"

namespace vde {
namespace {

int wrong_places(const Probe& probe, const Slots& slots) {
  const auto placed = place_regions(slots, probe.manifest(), probe.usable_blocks());
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

// The number of regions whose first block is intact but of another type.
Result<int> foreign_heads(const FoundationRepair& repair, const Slots& slots) {
  int foreign = 0;
  BlockBuffer buffer = repair.io().make_buffer();
  for (const PlacedRegion& region :
       place_regions(slots, repair.probe().manifest(), repair.probe().usable_blocks())) {
    if (region.is_data_area || region.blocks.begin < kFirstRegionBlock) continue;
    VDE_TRY_ASSIGN(block, repair.io().read(region.blocks.begin, buffer));
    if (block.check_any() &&
        !may_carry(region.type, region.content, block.unchecked_trailer().type))
      ++foreign;
  }
  return foreign;
}

// The two blocks of a directory with these slots.
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
  for (BlockBuffer& block : blocks) write_trailer(block, block_types::kRegionMap, generation);
  return blocks;
}

// Whether the directory has these slots, the counts in block 9 match them, and both blocks are of
// one generation.
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
  VDE_TRY_ASSIGN(begun, repair.fixed_step("rebuild the region directory", std::move(source),
                                          {{kDirectoryStart, kFirstRegionBlock}}));
  if (!begun) return {};
  const auto blocks = directory_of(repair.probe(), slots);
  for (uint64_t i = 0; i < kDirectoryBlocks; ++i)
    VDE_TRY(repair.write_direct(kDirectoryStart + i, blocks[i]));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// Writes and syncs one group after the other, so that one of them is intact at any time.
// Returns false if that needs consent and there is none.
Result<bool> write_tables(FoundationRepair& repair, const Slots& slots, std::string source) {
  VDE_TRY_ASSIGN(
      begun, repair.fixed_step(
                 "copy the region directory into both pointer tables", std::move(source),
                 {{kPrimaryGroup + 1, kPrimaryGroup + 2}, {kMirrorGroup + 1, kMirrorGroup + 2}}));
  if (!begun) return false;
  const Probe& probe = repair.probe();
  const bool is_primary = probe.superblock_block == kPrimaryGroup;
  GroupState state = decode_group(is_primary ? probe.primary : probe.mirror);
  state.slots = slots;
  const BlockBuffer group = encode_group(state, probe.block_size);
  const Bytes table = Bytes(group).subspan(probe.block_size, probe.block_size);
  for (const uint64_t start : {kPrimaryGroup, kMirrorGroup}) {
    VDE_TRY(repair.write_direct(start + 1, table));
    VDE_TRY(repair.sync());
  }
  VDE_TRY(repair.check_again());
  return true;
}

// Whether the journal holds commits, wherever a table says it is: they were written to some places
// and not to others, and applying them puts the tables in order.
bool has_commits(const FoundationRepair& repair, const std::vector<Slots>& tables) {
  return std::ranges::any_of(tables, [&](const Slots& table) {
    Probe probe = repair.probe();
    probe.slots = table;
    if (!sole_journal_area(probe)) return false;
    const auto plan = plan_recovery(repair.io(), probe, LostRecords::kDrop, OddBlocks::kOverwrite);
    return plan && plan->records > 0;
  });
}

// Whether the commits in the journal cannot be applied. They may be based on the right slots.
bool has_lost_commits(const FoundationRepair& repair) {
  return repair.journal_area() &&
         !plan_recovery(repair.io(), repair.probe(), LostRecords::kDrop, OddBlocks::kOverwrite);
}

std::string name_changes(const Slots& slots, const Slots& before) {
  std::string text;
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i] != before[i])
      text += fmt::format("{} slot {} to {} {} + {}", text.empty() ? "" : ",", i,
                          to_string(slots[i].type), slots[i].start, slots[i].count);
  return text;
}

// The slots of both groups if they differ, and of the directory: the directory first, then one
// group after the other, so that one is intact at any time.
Result<void> write_slots(FoundationRepair& repair, const Slots& slots, const Slots& before) {
  const Probe probe = repair.probe();
  const bool from_primary = probe.superblock_block == kPrimaryGroup;
  const GroupProbe& other = from_primary ? probe.mirror : probe.primary;
  const uint64_t start = other.blocks[0].number;
  VDE_TRY_ASSIGN(begun, repair.fixed_step("set" + name_changes(slots, before),
                                          "the region tables, slot by slot, and the types of the "
                                          "blocks in each region",
                                          {{start, start + kGroupBlocks}}));
  if (!begun) return {};
  if (probe.directory.whole) {
    const auto blocks = directory_of(probe, slots);
    for (uint64_t i = 0; i < kDirectoryBlocks; ++i)
      VDE_TRY(repair.write_direct(kDirectoryStart + i, blocks[i]));
    VDE_TRY(repair.sync());
  }
  GroupState state = decode_group(from_primary ? probe.primary : probe.mirror);
  state.slots = slots;
  const BlockBuffer group = encode_group(state, probe.block_size);
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    if (i == 1 || !other.whole)
      VDE_TRY(repair.write_direct(start + i,
                                  Bytes(group).subspan(i * probe.block_size, probe.block_size)));
  VDE_TRY(repair.sync());
  VDE_TRY(repair.write_direct(probe.superblock_block + 1,
                              Bytes(group).subspan(probe.block_size, probe.block_size)));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// Whether an intact group or the directory has these slots.
bool is_usable(const Probe& probe, const Slots& slots) {
  for (const GroupProbe* group : {&probe.primary, &probe.mirror})
    if (group->whole && decode_slots(group->blocks[1].payload()) == slots) return true;
  return probe.directory.whole && decode_slots(probe.directory.blocks[0].payload()) == slots;
}

// The slot for a fixed region: one with its place, else one with its type that names no fixed
// region, else a free one.
RegionSlot* slot_for(Slots& slots, const FixedRegion& fixed) {
  for (RegionSlot& slot : slots)
    if (!slot.is_free() && slot.start == fixed.start && slot.count == fixed.count) return &slot;
  for (RegionSlot& slot : slots)
    if (!slot.is_free() && slot.type == fixed.type && slot.start == fixed.start) return &slot;
  for (RegionSlot& slot : slots)
    if (!slot.is_free() && slot.type == fixed.type && !names_any_fixed(slot)) return &slot;
  for (RegionSlot& slot : slots)
    if (slot.is_free()) return &slot;
  return nullptr;
}

// Removes regions at the start and the end of the data area from it. Regions in its middle may
// stay.
void repair_data_area(StructureRepair& repair) {
  const auto index = data_area_slot(repair.slots(), repair.superblock().module_manifest);
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
  repair.step(fmt::format("reduce the data area to blocks {} to {}", rest.begin, rest.end - 1),
              "the slots of the regions that it overlapped");
  slot.start = static_cast<int64_t>(rest.begin);
  slot.count = static_cast<int64_t>(rest.count());
}

// Extends the slot of a bitmap that is too small for the volume, if no slot claims the blocks after
// it and they are bitmap blocks or unwritten: then only the slot is wrong.
Result<void> repair_bitmap_slot(StructureRepair& repair) {
  const auto region = repair.sole_region(block_types::kBitmap);
  if (!region) return {};
  const uint64_t needed = bitmap_blocks_for(repair.total_blocks(), repair.io().block_size());
  const BlockRange rest{region->blocks.end, region->blocks.begin + needed};
  if (region->blocks.count() >= needed || rest.end > repair.total_blocks()) return {};
  for (const PlacedRegion& other : repair.regions())
    if (overlap(other.blocks, rest)) return {};
  for (uint64_t block = rest.begin; block < rest.end; ++block) {
    VDE_TRY_ASSIGN(payload, repair.read_intact(block, block_types::kBitmap));
    if (!payload) return {};
  }
  repair.step(
      fmt::format("extend the bitmap to blocks {} to {}", region->blocks.begin, rest.end - 1),
      "the volume's size; no other slot claims these blocks, and they hold nothing else");
  repair.slots()[region->slot].count = static_cast<int64_t>(needed);
  return {};
}

}  // namespace

Result<int> contradictions(const FoundationRepair& repair, const Slots& slots) {
  VDE_TRY_ASSIGN(foreign, foreign_heads(repair, slots));
  return foreign + wrong_places(repair.probe(), slots) + missing_regions(repair.probe(), slots);
}

// A table that is right as a whole, and whose rivals contradict the image more, is chosen later:
// the better group first, then the better one of the pointer table and the directory.
Result<void> repair_slot_choice(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  // A region whose blocks are missing contradicts no table.
  if (probe.superblock_source != SuperblockSource::kGroup || is_cut_short(probe)) return {};
  if (is_exported(probe)) return {};
  const std::vector<Slots> tables = slot_tables(probe);
  if (tables.empty()) return {};
  VDE_TRY_ASSIGN(wrong, contradictions(repair, tables.front()));
  const auto as_first = std::ranges::count(tables, tables.front());
  if (as_first == static_cast<ptrdiff_t>(tables.size()) && wrong == 0) return {};
  if (has_commits(repair, tables)) return {};
  VDE_TRY_ASSIGN(slots, choose_slots(repair, tables));
  const auto other = std::ranges::find_if(tables, [&](const Slots& t) { return t != slots; });
  if (other == tables.end()) return {};
  VDE_TRY_ASSIGN(chosen_wrong, contradictions(repair, slots));
  // Of two that are as good, the pointer table is taken, of which there are two.
  const bool in_both_groups = tables.front() == slots && as_first > 1;
  bool is_chosen_later = is_usable(probe, slots) && !has_lost_commits(repair);
  for (const Slots& table : tables) {
    if (table == slots) continue;
    VDE_TRY_ASSIGN(table_wrong, contradictions(repair, table));
    is_chosen_later &=
        table_wrong > chosen_wrong || (table_wrong == chosen_wrong && in_both_groups);
  }
  return is_chosen_later ? Result<void>{} : write_slots(repair, slots, *other);
}

Result<void> repair_tables(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  if (probe.superblock_source != SuperblockSource::kGroup) return {};
  if (is_exported(probe)) {
    repair.note("the image is an export: nothing in it can be repaired, because it has no journal");
    return {};
  }
  const Slots table = probe.slots;
  if (directory_is_right(probe, table)) return {};
  if (!probe.directory.whole)
    return write_directory(repair, table, "the pointer table of an intact superblock group");
  const Slots listed = decode_slots(probe.directory.blocks[0].payload());
  if (listed == table)
    return write_directory(repair, table, "its own slots, which match the pointer table");
  VDE_TRY_ASSIGN(table_wrong, contradictions(repair, table));
  VDE_TRY_ASSIGN(listed_wrong, contradictions(repair, listed));
  if (listed_wrong < table_wrong) {
    VDE_TRY_ASSIGN(written,
                   write_tables(repair, listed, "the directory, which matches the image better"));
    if (!written || directory_is_right(probe, listed)) return {};
    return write_directory(repair, listed, "its own slots, which match the pointer table");
  }
  return write_directory(repair, table,
                         listed_wrong == table_wrong
                             ? "the pointer table, of which there are two copies"
                             : "the pointer table, which matches the image better");
}

Result<void> repair_fixed_slots(StructureRepair& repair) {
  for (const FixedRegion& fixed : kFixedRegions) {
    Slots& slots = repair.slots();
    if (std::any_of(slots.begin(), slots.end(), [&](const auto& s) { return names(s, fixed); }))
      continue;
    RegionSlot* slot = slot_for(slots, fixed);
    if (slot == nullptr) continue;
    repair.step(fmt::format("set slot {} to blocks {} to {} as {}", slot - slots.data(),
                            fixed.start, fixed.start + fixed.count - 1, to_string(fixed.type)),
                "the format, which fixes these places");
    *slot = {fixed.type, kRegionActive, fixed.start, fixed.count, slot->used};
  }
  return {};
}

Result<void> repair_slots(StructureRepair& repair) {
  if (repair.total_blocks() == 0) return {};
  repair_data_area(repair);
  return repair_bitmap_slot(repair);
}

}  // namespace vde
