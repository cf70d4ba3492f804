// Repairs the length of the file and the superblock's sizes.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/repair/structure_repair.h"
#include "io/zeros.h"

namespace vde {
namespace {

// Whether `blocks` of the volume were certainly never in use: only the data area extends to them,
// and intact bitmap blocks mark them as free.
Result<bool> never_used(const FoundationRepair& repair, BlockRange blocks) {
  const Probe& probe = repair.probe();
  const auto data_area = probe.data_area();
  std::optional<BlockRange> bitmap;
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    if (slot.is_free() || data_area == i) continue;
    const auto range = block_range(slot.start, slot.count);
    if (!range || range->end > blocks.begin) return false;
    if (slot.type == block_types::kBitmap) bitmap = range;
  }
  if (!bitmap || bitmap->count() < bitmap_blocks_for(blocks.end, probe.block_size)) return false;
  const uint64_t bits = bits_per_bitmap_block(probe.block_size);
  BlockBuffer buffer = repair.io().make_buffer();
  for (uint64_t at = blocks.begin; at < blocks.end;) {
    const uint64_t base = at / bits * bits;
    const uint64_t end = std::min(blocks.end, base + bits);
    VDE_TRY_ASSIGN(block, repair.io().read(bitmap->begin + at / bits, buffer));
    const bool trusted =
        block.is_unwritten() ? base > 0 : block.check(block_types::kBitmap).has_value();
    if (!trusted || count_bits(block.unchecked_payload(), at - base, end - base) != 0) return false;
    at = end;
  }
  return true;
}

// The number of blocks according to the file and the data area, if they agree.
std::optional<int64_t> agreed_blocks(StructureRepair& repair) {
  const Probe& probe = repair.probe();
  if (probe.file_size % probe.block_size != 0) return std::nullopt;
  const auto blocks = static_cast<int64_t>(probe.blocks_in_file());
  const auto data_area = data_area_slot(repair.slots(), repair.superblock().module_manifest);
  if (!data_area) return std::nullopt;
  const RegionSlot& slot = repair.slots()[*data_area];
  const auto range = block_range(slot.start, slot.count);
  return range && static_cast<int64_t>(range->end) == blocks ? std::optional(blocks) : std::nullopt;
}

// Whether the superblock's sizes agree, a region ends where the volume does, and a bitmap within
// the file is large enough for it.
bool is_size_confirmed(const Probe& probe) {
  const int64_t total = probe.superblock.total_blocks;
  bool ends = false;
  bool has_bitmap = false;
  for (const RegionSlot& slot : probe.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || !range) continue;
    ends |= range->end == static_cast<uint64_t>(total);
    has_bitmap |=
        slot.type == block_types::kBitmap && range->end <= probe.blocks_in_file() &&
        range->count() >= bitmap_blocks_for(static_cast<uint64_t>(total), probe.block_size);
  }
  return ends && has_bitmap &&
         total * static_cast<int64_t>(probe.block_size) == probe.superblock.expected_file_size;
}

// Whether the file ends before the volume, whose size is possible.
bool lacks_blocks(const Probe& probe) {
  const int64_t total = probe.superblock.total_blocks;
  return probe.superblock_source == SuperblockSource::kGroup &&
         total >= static_cast<int64_t>(kFirstRegionBlock) &&
         total <= static_cast<int64_t>(kMaxBlocks) &&
         probe.blocks_in_file() < static_cast<uint64_t>(total) &&
         probe.blocks_in_file() >= kFirstRegionBlock;
}

}  // namespace

bool is_cut_short(const Probe& probe) {
  return lacks_blocks(probe) && is_size_confirmed(probe);
}

// Missing blocks are added again, as unwritten blocks. So all others keep their numbers, and the
// regions are repaired as with any damage.
Result<void> repair_length(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  if (!lacks_blocks(probe)) return {};
  if (repair.io().file().is_device()) {
    repair.note(
        "the device is smaller than the volume; copy it to a larger one, and repair the copy");
    return {};
  }
  const auto blocks = static_cast<uint64_t>(probe.superblock.total_blocks);
  const BlockRange missing{probe.blocks_in_file(), blocks};
  VDE_TRY_ASSIGN(unused, never_used(repair, missing));
  if (!unused && !is_cut_short(probe)) {
    repair.note("the file ends before the volume, whose size nothing confirms");
    return {};
  }
  Loss loss;
  if (!unused)
    loss = {fmt::format("what was in blocks {} to {}, as far as they were in use", missing.begin,
                        missing.end - 1),
            {.others = 1}};
  if (!repair.lossy_step(
          fmt::format("extend the file to the size of the volume, {} bytes",
                      blocks * probe.block_size),
          unused ? "the superblock's block count; the bitmap marks the missing blocks as free"
                 : "the superblock's block count; the missing blocks become unwritten ones",
          std::move(loss)))
    return {};
  VDE_TRY(repair.resize(blocks * probe.block_size));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

Result<void> truncate_file(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  const int64_t total = probe.superblock.total_blocks;
  if (repair.io().file().is_device() || probe.superblock_source != SuperblockSource::kGroup ||
      total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks))
    return {};
  const uint64_t bytes = static_cast<uint64_t>(total) * probe.block_size;
  if (probe.file_size <= bytes) return {};
  for (const RegionSlot& slot : probe.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (!slot.is_free() && (!range || range->end > static_cast<uint64_t>(total))) return {};
  }
  // Bytes that are not zero may be data, for example of a disk importer.
  VDE_TRY_ASSIGN(found, first_not_zero(repair.io().file(), {bytes, probe.file_size}));
  if (found) {
    repair.note(fmt::format(
        "the file holds data after the volume, which ends at byte {}: byte {} is not zero", bytes,
        *found));
    return {};
  }
  repair.step(
      fmt::format("truncate the file to the size of the volume, {} bytes", bytes),
      "the superblock's block count; no region extends past it, and all bytes there are zero");
  VDE_TRY(repair.resize(bytes));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

Result<void> repair_geometry(StructureRepair& repair) {
  Superblock& superblock = repair.superblock();
  const Probe& probe = repair.probe();
  const auto block_size = static_cast<int64_t>(probe.block_size);
  const auto file = static_cast<int64_t>(probe.file_size);
  const auto agreed = agreed_blocks(repair);
  const bool possible = superblock.total_blocks >= static_cast<int64_t>(kFirstRegionBlock) &&
                        superblock.total_blocks <= static_cast<int64_t>(kMaxBlocks);
  if (possible && superblock.total_blocks * block_size == superblock.expected_file_size) return {};
  const bool file_says_so = possible && superblock.total_blocks * block_size <= file &&
                            superblock.expected_file_size != file;
  if (!file_says_so && agreed && superblock.total_blocks != *agreed) {
    repair.step(fmt::format("set the superblock's block count to {}", *agreed),
                "the file's size and the end of the data area");
    superblock.total_blocks = *agreed;
  } else if (!possible) {
    return {};
  } else {
    repair.step(fmt::format("set the superblock's file size to {} bytes",
                            superblock.total_blocks * block_size),
                "its block count, which fits into the file");
  }
  superblock.expected_file_size = superblock.total_blocks * block_size;
  return {};
}

}  // namespace vde
