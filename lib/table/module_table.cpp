#include "table/module_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"

namespace vde {

uint64_t module_blocks(uint64_t size, uint32_t block_size) {
  return std::max<uint64_t>(1, divide_up(size, payload_size(block_size)));
}

Result<BlockRange> module_extent(const ModuleEntry& entry, uint64_t total_blocks,
                                 uint32_t block_size) {
  if (entry.size < 0)
    return fail(ErrorCode::kDamaged, fmt::format("a module has a size of {} bytes", entry.size));
  const uint64_t needed = module_blocks(static_cast<uint64_t>(entry.size), block_size);
  if (entry.block_count < 0 || static_cast<uint64_t>(entry.block_count) != needed)
    return fail(ErrorCode::kDamaged, fmt::format("a module of {} bytes has {} blocks, not {}",
                                                 entry.size, entry.block_count, needed));
  const auto range = block_range(entry.first_block, entry.block_count);
  if (!range || range->begin < kFirstRegionBlock || range->end > total_blocks)
    return fail(
        ErrorCode::kDamaged,
        fmt::format("the {} blocks of a module from block {} lie outside the volume of {} blocks",
                    entry.block_count, entry.first_block, total_blocks));
  return *range;
}

}  // namespace vde
