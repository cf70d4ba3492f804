// Fixes the block type of blocks with an intact payload. The checksum does not cover the type. If
// the payload can only be one of this region, the type in the trailer is wrong. Moves the first
// block of a packed table back.
#include <fmt/format.h>

#include <optional>

#include "check/passes/inode_pass.h"
#include "check/passes/lost_entries.h"
#include "check/repair/packed_repair.h"
#include "check/repair/packed_survey.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

// The number of entries in a block of a packed table, if all of them can be decoded.
std::optional<int64_t> entries_in(const PackedTable& table, Bytes payload, bool first) {
  const auto records = packed_records(table.shape, payload, first, INT64_MAX);
  return records ? std::optional(static_cast<int64_t>(records->size())) : std::nullopt;
}

// Whether a block of a packed table can be decoded completely, and each entry is plausible.
bool is_table_block(StructureRepair& repair, const PackedTable& table, const UncheckedBlock& block,
                    bool first) {
  const auto entries = entries_in(table, block.unchecked_payload(), first);
  int64_t likely = 0;
  each_likely_record(table, block, first, repair.total_blocks(), [&](Bytes) { ++likely; });
  return likely > 0 && entries == likely;
}

// Whether the payload is one of this region.
bool fits(StructureRepair& repair, const PlacedRegion& region, const UncheckedBlock& block) {
  const bool first = block.number() == region.blocks.begin;
  if (region.type == block_types::kSnapshots)
    return is_table_block(repair, snapshot_table(), block, first);
  if (region.type == block_types::kCode) return is_table_block(repair, kModuleTable, block, first);
  if (region.type == block_types::kInodes)
    return first && is_legal_layout(block.unchecked_payload(), repair.superblock().module_manifest);
  return false;
}

bool is_likely_head(const PackedTable& table, Bytes payload) {
  const auto entries = entries_in(table, payload, true);
  return entries && *entries > 0 && kPackedTableHeaderLayout.decode(payload).count >= *entries;
}

// A table whose first block changed places with a later one.
class SwappedHead {
 public:
  SwappedHead(StructureRepair& repair, const PackedTable& table, BlockRange blocks)
      : repair_(repair), table_(table), blocks_(blocks) {}

  // The block with the header, if one block alone holds it beyond doubt: with it in the first place
  // the table has as many entries as it counts. Another count is accepted if the first block
  // counts entries but holds none, and those of the other block are plausible only in its place.
  Result<std::optional<uint64_t>> find() {
    const std::optional<uint64_t> none;
    VDE_TRY_ASSIGN(head, payload(blocks_.begin));
    const bool empty = head && is_empty_but_count(*head);
    const auto moved = !head   ? std::nullopt
                       : empty ? std::optional<int64_t>(0)
                               : entries_in(table_, *head, false);
    if (!moved) return none;
    int64_t entries = *moved;
    std::vector<std::pair<uint64_t, int64_t>> likely;  // and what the rest of the table lacks
    for (uint64_t at = blocks_.begin + 1; at < blocks_.end; ++at) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(found, payload(at));
      // The counts agree only if it holds no entries.
      if (!found) continue;
      const auto inner = entries_in(table_, *found, false);
      const int64_t counted = kPackedTableHeaderLayout.decode(*found).count;
      if (is_likely_head(table_, *found)) {
        const int64_t first = entries_in(table_, *found, true).value_or(0);
        likely.emplace_back(at, counted - first + inner.value_or(0));
      } else if (!inner) {
        return none;
      }
      entries += inner.value_or(0);
    }
    if (empty && !all_zero(*head) && likely.size() == 1) {
      VDE_TRY_ASSIGN(only_head, is_only_head(likely.front().first));
      if (only_head) return std::optional(likely.front().first);
    }
    std::erase_if(likely, [&](const auto& block) { return block.second != entries; });
    return likely.size() == 1 ? std::optional(likely.front().first) : none;
  }

  Result<void> swap_with(uint64_t header) {
    VDE_TRY_ASSIGN(room, repair_.make_room(2));
    if (!room) return {};
    VDE_TRY_ASSIGN(first, payload(blocks_.begin));
    VDE_TRY_ASSIGN(second, payload(header));
    if (!first || !second) return {};
    repair_.step(fmt::format("let blocks {} and {} change places", blocks_.begin, header),
                 "the table's header, which is in the later block");
    VDE_TRY(put(blocks_.begin, *second));
    return put(header, is_empty_but_count(*first) ? BlockBuffer(first->size()) : *first);
  }

 private:
  // A spare block got a count in the first place.
  static bool is_empty_but_count(Bytes payload) {
    return all_zero(payload.subspan(kPackedTableHeaderLayout.size()));
  }
  // Whether the entries of a block are plausible only if it is the first one.
  Result<bool> is_only_head(uint64_t number) {
    VDE_TRY_ASSIGN(block, repair_.read(number));
    return all_zero(kPackedTableHeaderLayout.decode(block.unchecked_payload()).reserved) &&
           is_table_block(repair_, table_, block, true) &&
           !is_table_block(repair_, table_, block, false);
  }
  Result<std::optional<BlockBuffer>> payload(uint64_t number) {
    VDE_TRY_ASSIGN(found, repair_.read_intact(number, table_.type));
    return found ? std::optional(BlockBuffer(found->begin(), found->end())) : std::nullopt;
  }
  Result<void> put(uint64_t number, const BlockBuffer& payload) {
    VDE_TRY_ASSIGN(target, repair_.replace(number, table_.type));
    std::ranges::copy(payload, target.begin());
    return {};
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  BlockRange blocks_;
};

Result<void> repair_head_of(StructureRepair& repair, const PackedTable& table) {
  const auto region = plain_region(repair, table.type);
  if (!region) return {};
  VDE_TRY_ASSIGN(head, repair.read_intact(region->blocks.begin, table.type));
  // A table that counts what it holds is not examined further.
  if (!head || is_likely_head(table, *head)) return {};
  SwappedHead swapped(repair, table, region->blocks);
  VDE_TRY_ASSIGN(header, swapped.find());
  return header ? swapped.swap_with(*header) : Result<void>{};
}

// Whether a table has all the entries that it counts: then a block of another type does not belong
// to it.
Result<bool> is_complete(StructureRepair& repair, const PlacedRegion& region) {
  for (const PackedTable* table : {&snapshot_table(), &kModuleTable}) {
    if (table->type != region.type) continue;
    VDE_TRY_ASSIGN(survey, survey_packed(repair, *table, region.blocks));
    return !survey.lacks_entries();
  }
  return false;
}

Result<void> repair_types_of(StructureRepair& repair, const PlacedRegion& region) {
  std::optional<bool> complete;  // examined only where a block may be concerned
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(block, repair.read(at));
    const auto checked = block.check_payload();
    if (!checked || checked->trailer().type == region.type || !fits(repair, region, block))
      continue;
    const BlockBuffer payload(checked->payload().begin(), checked->payload().end());
    if (!complete) {
      VDE_TRY_ASSIGN(known, is_complete(repair, region));
      complete = known;
    }
    if (*complete) return {};
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
  for (const PackedTable* table : {&snapshot_table(), &kModuleTable})
    VDE_TRY(repair_head_of(repair, *table));
  return {};
}

}  // namespace vde
