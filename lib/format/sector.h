// Sectors of a disk with 4 KiB sectors. A write that a crash interrupts may destroy a whole one,
// with all blocks in it.
#pragma once

#include <algorithm>

#include "format/superblock.h"
#include "vde/bytes.h"

namespace vde {

inline constexpr uint32_t kDiskSector = 4096;  // bytes

// 1 if a block is a sector or larger: then a write never touches another block.
[[nodiscard]] constexpr uint64_t blocks_per_sector(uint32_t block_size) {
  return std::max<uint64_t>(1, kDiskSector / block_size);
}

// The blocks of the sector that holds block `number`.
[[nodiscard]] constexpr BlockRange sector_of(uint64_t number, uint64_t per_sector) {
  const uint64_t begin = number / per_sector * per_sector;
  return {begin, begin + per_sector};
}

// The first sector that begins at or after block `number`, by its first block.
[[nodiscard]] constexpr uint64_t next_sector(uint64_t number, uint64_t per_sector) {
  return (number + per_sector - 1) / per_sector * per_sector;
}

// The sectors that lie completely in `blocks`.
[[nodiscard]] constexpr BlockRange whole_sectors(BlockRange blocks, uint64_t per_sector) {
  const uint64_t begin = next_sector(blocks.begin, per_sector);
  return {begin, std::max(begin, blocks.end / per_sector * per_sector)};
}

// Whether both superblock groups lie in one sector.
[[nodiscard]] constexpr bool groups_share_sector(uint32_t block_size) {
  return blocks_per_sector(block_size) >= kMirrorGroup + kGroupBlocks;
}

}  // namespace vde
