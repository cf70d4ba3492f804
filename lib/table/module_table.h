// The compute code cache (CODE) as a packed table, and the blocks of its modules.
#pragma once

#include "format/region/module_entry.h"
#include "table/packed_walk.h"

namespace vde {

// Removal swaps the last entry in and the order is free, so there is no padding.
inline constexpr PackedTable kModuleTable{block_types::kCode, kModuleShape};

// The number of blocks for a module of `size` bytes, at least one.
[[nodiscard]] uint64_t module_blocks(uint64_t size, uint32_t block_size);

// The blocks of a module. kDamaged, with the reason, if size and count contradict each other or the
// blocks do not lie after the fixed blocks of a volume of `total_blocks`.
[[nodiscard]] Result<BlockRange> module_extent(const ModuleEntry& entry, uint64_t total_blocks,
                                               uint32_t block_size);

// Byte offsets of an entry's fields, for loops that decode only few entries.
inline constexpr size_t kModuleIdOffset = kModuleEntryLayout.fields()[1].offset;
inline constexpr size_t kModuleSizeOffset = kModuleEntryLayout.fields()[4].offset;

}  // namespace vde
