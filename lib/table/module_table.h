// The compute code cache (CODE) as a packed table, and where an entry says that its bytes lie.
#pragma once

#include "format/region/module_entry.h"
#include "table/packed_walk.h"

namespace vde {

// Removing swaps the last entry in, and any order works: there is no padding.
inline constexpr PackedTable kModuleTable{block_types::kCode, kModuleShape};

// Blocks for a module of `size` bytes: at least one.
[[nodiscard]] uint64_t module_blocks(uint64_t size, uint32_t block_size);

// The blocks of a module. kDamaged, saying why, where size and count contradict each other or the
// blocks do not lie within a volume of `total_blocks`, behind its fixed places.
[[nodiscard]] Result<BlockRange> module_extent(const ModuleEntry& entry, uint64_t total_blocks,
                                               uint32_t block_size);

// Byte offsets of an entry's fields, for loops over many that decode few.
inline constexpr size_t kModuleIdOffset = kModuleEntryLayout.fields()[1].offset;
inline constexpr size_t kModuleSizeOffset = kModuleEntryLayout.fields()[4].offset;

}  // namespace vde
