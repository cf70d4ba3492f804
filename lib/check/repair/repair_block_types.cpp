// Fixes the block type of blocks with an intact payload. The checksum does not cover the type. If
// the payload can only be one of this region, the type in the trailer is wrong.
#include <fmt/format.h>

#include "check/passes/inode_pass.h"
#include "check/passes/lost_entries.h"
#include "check/repair/packed_repair.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

// Whether a block of a packed table can be decoded completely, and each entry is plausible.
bool is_table_block(StructureRepair& repair, const PackedTable& table, const UncheckedBlock& block,
                    bool first) {
  uint64_t entries = 0;
  PackedCursor cursor(table.shape, block.unchecked_payload(), first);
  while (!cursor.at_end()) {
    if (!cursor.next()) return false;
    ++entries;
  }
  uint64_t likely = 0;
  each_likely_record(table, block, first, repair.total_blocks(), [&](Bytes) { ++likely; });
  return entries > 0 && entries == likely;
}

bool is_inode_head(StructureRepair& repair, Bytes payload) {
  const auto layout = decode_inode_layout(payload);
  return layout && layout->header.inode_size != 0 && layout->header.core_end == kInodeCoreSize &&
         inode_layout_contradiction(*layout, repair.superblock().module_manifest).empty();
}

// Whether the payload is one of this region.
bool fits(StructureRepair& repair, const PlacedRegion& region, const UncheckedBlock& block) {
  const bool first = block.number() == region.blocks.begin;
  if (region.type == block_types::kSnapshots)
    return is_table_block(repair, snapshot_table(), block, first);
  if (region.type == block_types::kCode) return is_table_block(repair, kModuleTable, block, first);
  if (region.type == block_types::kInodes)
    return first && is_inode_head(repair, block.unchecked_payload());
  return false;
}

Result<void> repair_types_of(StructureRepair& repair, const PlacedRegion& region) {
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(block, repair.read(at));
    const auto checked = block.check_payload();
    if (!checked || checked->trailer().type == region.type || !fits(repair, region, block))
      continue;
    const BlockBuffer payload(checked->payload().begin(), checked->payload().end());
    repair.step(fmt::format("set the block type of block {} to {}", at, to_string(region.type)),
                "the payload: its checksum matches, and it holds entries of this region");
    VDE_TRY_ASSIGN(target, repair.replace(at, region.type));
    std::ranges::copy(payload, target.begin());
  }
  return {};
}

}  // namespace

Result<void> repair_block_types(StructureRepair& repair) {
  for (const BlockType type : {block_types::kSnapshots, block_types::kCode, block_types::kInodes})
    if (const auto region = plain_region(repair, type)) VDE_TRY(repair_types_of(repair, *region));
  return {};
}

}  // namespace vde
