// Blocks of the snapshot table and the code cache that no entry needs: the SDK demands a valid
// trailer of them, too. A tag index of zeros gets a header, which the SDK demands.
#include <fmt/format.h>

#include "check/repair/packed_repair.h"
#include "format/tag/tag_index.h"

namespace vde {
namespace {

// Tables of other programs may have no such block with a trailer, and an index of zeros. That alone
// does not cause a repair, and nothing is added to what was restored exactly.
bool changes_anything(const StructureRepair& repair) {
  return repair.step_count() > repair.exact_step_count();
}

// The blocks without entries of a table, all of whose blocks are intact.
struct Spares {
  std::vector<uint64_t> unwritten = {};
  bool any_written = false;  // one after the last entry has a trailer
};

Result<std::optional<Spares>> find_spares(StructureRepair& repair, const PlacedRegion& region,
                                          const PackedTable& table) {
  Spares spares;
  int64_t found = 0;
  int64_t counted = 0;
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    const bool first = at == region.blocks.begin;
    VDE_TRY_ASSIGN(written, repair.is_written(at));
    VDE_TRY_ASSIGN(payload, repair.read_intact(at, table.type));
    if (!payload || (first && !written)) return std::optional<Spares>();
    if (first) counted = kPackedTableHeaderLayout.decode(*payload).count;
    const auto records = packed_records(table.shape, *payload, first, INT64_MAX);
    if (!records) return std::optional<Spares>();
    found += static_cast<int64_t>(records->size());
    if (!records->empty()) spares.any_written = false;
    if (!records->empty() || first) continue;
    spares.any_written |= written;
    if (!written) spares.unwritten.push_back(at);
  }
  return found == counted ? std::optional(std::move(spares)) : std::nullopt;
}

Result<void> repair_spares_of(StructureRepair& repair, const RepairedTable& repaired) {
  const auto region = plain_region(repair, repaired.table.type);
  if (!region) return {};
  VDE_TRY_ASSIGN(spares, find_spares(repair, *region, repaired.table));
  if (!spares || spares->unwritten.empty()) return {};
  if (!changes_anything(repair) && !spares->any_written) return {};
  repair.step(fmt::format("write trailers of {} unused {} of the {}", spares->unwritten.size(),
                          spares->unwritten.size() == 1 ? "block" : "blocks", repaired.name),
              "the table: none of its entries is in them");
  for (const uint64_t block : spares->unwritten)
    VDE_TRY(repair.replace(block, repaired.table.type));
  return {};
}

// Whether every block is valid or was never written, and all are zero.
Result<bool> is_all_zero(StructureRepair& repair, const PlacedRegion& region) {
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(payload, repair.read_intact(at, region.type));
    if (!payload || !all_zero(*payload)) return false;
  }
  return true;
}

Result<void> repair_zero_index(StructureRepair& repair) {
  const auto region = plain_region(repair, block_types::kTagIndex);
  if (!region || region->blocks.count() <= kTagRoot || !changes_anything(repair)) return {};
  VDE_TRY_ASSIGN(empty, is_all_zero(repair, *region));
  if (!empty) return {};
  VDE_TRY_ASSIGN(begun, begin_empty_region(repair, *region,
                                           "write the header and the root of the empty tag index",
                                           "all of its blocks are zero"));
  if (!begun) return {};
  return write_empty_index(repair, region->blocks);
}

}  // namespace

Result<void> repair_spare_blocks(StructureRepair& repair) {
  // Each acts if anything was repaired, the others included.
  for (std::optional<size_t> before; before != repair.step_count();) {
    before = repair.step_count();
    VDE_TRY(repair_spares_of(repair, repaired_snapshots()));
    VDE_TRY(repair_spares_of(repair, repaired_modules()));
    VDE_TRY(repair_zero_index(repair));
  }
  return {};
}

}  // namespace vde
