// Removes the checkpoint of an inode migration that was interrupted before it swapped the tables.
// The old table is complete except the block that the checkpoint replaced.
#include <fmt/format.h>

#include "check/origin/migration.h"
#include "check/repair/structure_repair.h"

namespace vde {
namespace {

// The phases in which the region tables still name the old table.
bool is_before_swap(MigrationPhase phase) {
  return phase == MigrationPhase::kAllocating || phase == MigrationPhase::kCopying;
}

// A checkpoint may be wrong. It is used if it names this inode table, and a new one outside all
// other regions.
bool fits_image(StructureRepair& repair, const Migration& migration, BlockRange inodes) {
  if (migration.old_table.begin != inodes.begin || migration.old_table.end != inodes.end)
    return false;
  if (migration.new_table.empty() || migration.new_table.end > repair.total_blocks()) return false;
  for (const BlockRange& range : repair.metadata())
    if (overlap(range, migration.new_table)) return false;
  return true;
}

// Whether no block of `blocks` was ever written.
Result<bool> has_no_block(StructureRepair& repair, BlockRange blocks) {
  for (; !blocks.empty(); ++blocks.begin) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(at, repair.next_written(blocks));
    if (at >= blocks.end) break;
    blocks.begin = at;
    VDE_TRY_ASSIGN(written, repair.is_written(at));
    if (written) return false;
  }
  return true;
}

}  // namespace

Result<void> repair_migration(StructureRepair& repair) {
  const auto region = repair.sole_region(block_types::kInodes);
  if (!region || region->blocks.count() < 2) return {};
  const uint64_t last = region->blocks.end - 1;
  VDE_TRY_ASSIGN(block, repair.read(last));
  const auto checked = block.check(block_types::kMigration);
  if (!checked) return {};
  const Result<Migration> migration = decode_migration(checked->payload());
  if (!migration || !fits_image(repair, *migration, region->blocks)) {
    repair.note(fmt::format("block {} is a checkpoint that does not fit the image", last));
    return {};
  }
  if (!is_before_swap(migration->phase)) {
    repair.note(
        fmt::format("the migration was {}: the image does not show which inode table is "
                    "complete",
                    phase_name(migration->phase)));
    return {};
  }
  // Without a written block before it, the block was not written either, because tables are filled
  // from their start; else inodes may have been in it. The block after the layout is the first one.
  const BlockRange before{region->blocks.begin + 1, last};
  VDE_TRY_ASSIGN(unwritten, has_no_block(repair, before));
  const bool empty = unwritten && !before.empty();
  Loss loss;
  if (!empty) {
    loss.what = "inodes that were in the block before the migration, if any";
    loss.counts.others = 1;
  }
  if (!repair.lossy_step(fmt::format("clear the checkpoint of the migration in block {}", last),
                         "the region tables, which still name the old inode table", loss))
    return {};
  if (!loss.what.empty())
    VDE_TRY(repair.lose({LostKind::kOther, last, "the checkpoint had replaced the block"}));
  VDE_TRY(repair.replace(last, block_types::kInodes));
  return {};
}

}  // namespace vde
