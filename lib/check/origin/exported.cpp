#include "check/origin/exported.h"

#include <array>

namespace vde {
namespace {

constexpr std::string_view kLabel = "DWVD-Export";
constexpr uint64_t kDataBlocksPerTrailer = 256;
constexpr auto kSlots =
    std::to_array<BlockType>({block_types::kBitmap, block_types::kInodes,
                              block_types::kIntegrityAnchor, block_types::kData});

// The tables hold the same regions; used blocks are counted in the pointer table only.
bool has_exported_tables(const Probe& probe) {
  if (!probe.directory.whole) return false;
  const auto directory = decode_slots(probe.directory.blocks[0].payload());
  if (directory.size() != probe.slots.size()) return false;
  auto next = static_cast<int64_t>(kFirstRegionBlock);
  for (size_t i = 0; i < directory.size(); ++i) {
    if (i >= kSlots.size()) {
      if (!directory[i].is_free() || !probe.slots[i].is_free()) return false;
      continue;
    }
    RegionSlot slot = directory[i];
    if (slot.type != kSlots[i] || slot.flags != kRegionActive || slot.used != 0) return false;
    // One after the other; only the data area may have no blocks.
    const bool is_data = i + 1 == kSlots.size();
    if (slot.start != next || slot.count < (is_data ? 0 : 1) ||
        slot.count > probe.superblock.total_blocks - next)
      return false;
    next += slot.count;
    slot.used = slot.count;
    if (slot != probe.slots[i]) return false;
  }
  return next == probe.superblock.total_blocks;
}

}  // namespace

bool is_exported(const Probe& probe) {
  if (probe.superblock_source != SuperblockSource::kGroup) return false;
  const Superblock& superblock = probe.superblock;
  return superblock.label.view() == kLabel && superblock.module_manifest == 0 &&
         superblock.total_blocks >= static_cast<int64_t>(kFirstRegionBlock) &&
         superblock.total_blocks <= static_cast<int64_t>(kMaxBlocks) &&
         superblock.free_blocks == 0 &&
         superblock.total_allocated_blocks ==
             superblock.total_blocks - static_cast<int64_t>(kFirstRegionBlock) &&
         has_exported_tables(probe);
}

uint64_t exported_surplus(const Probe& probe) {
  const auto data = static_cast<uint64_t>(probe.slots[kSlots.size() - 1].count);
  return data / kDataBlocksPerTrailer * probe.block_size;
}

}  // namespace vde
