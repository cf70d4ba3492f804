#include "check/repair/named_blocks.h"

#include <algorithm>

#include "base/checked.h"
#include "format/region/module_entry.h"
#include "table/dictionary_table.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

// Visits the entries of each intact block up to one that cannot be decoded.
template <class Visit>
Result<void> each_record(StructureRepair& repair, const PackedTable& table, Visit visit) {
  return each_table_block(repair, table.type, [&](Bytes payload, bool first) {
    PackedCursor cursor(table.shape, payload, first);
    while (!cursor.at_end()) {
      const Result<Bytes> record = cursor.next();
      if (!record) return;
      visit(*record);
    }
  });
}

}  // namespace

Result<void> each_table_block(StructureRepair& repair, BlockType type,
                              const PayloadVisitor& visit) {
  const auto region = repair.sole_region(type);
  if (!region) return {};
  for (uint64_t at = region->blocks.begin; at < region->blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(payload, repair.read_intact(at, type));
    if (payload) visit(*payload, at == region->blocks.begin);
  }
  return {};
}

Result<void> each_dictionary(StructureRepair& repair, const NamedDictionary& visit) {
  int64_t left = 0;
  return each_table_block(repair, block_types::kDictionaries, [&](Bytes payload, bool first) {
    if (first)
      left =
          std::clamp<int64_t>(kPackedTableHeaderLayout.decode(payload).count, 0, kMaxDictionaries);
    const auto entries = decode_dictionaries(payload, first, static_cast<uint32_t>(left));
    left -= dictionaries_in(payload.size(), first);
    left = std::max<int64_t>(left, 0);
    for (const Dictionary& entry : entries) visit(entry);
  });
}

Result<std::vector<BlockRange>> named_blocks(StructureRepair& repair) {
  const uint64_t total = repair.total_blocks();
  std::vector<BlockRange> named;
  const auto add = [&](int64_t start, int64_t count) {
    const auto range = block_range(start, count);
    if (range && !range->empty() && range->end <= total) named.push_back(*range);
  };
  VDE_TRY(each_record(repair, kModuleTable, [&](Bytes record) {
    const ModuleEntry entry = kModuleEntryLayout.decode(record);
    add(entry.first_block, entry.block_count);
  }));
  VDE_TRY(each_record(repair, snapshot_table(), [&](Bytes record) {
    const SnapshotEntry entry = snapshot_of(record);
    add(entry.inode_table_start, entry.inode_table_blocks);
  }));
  VDE_TRY(each_dictionary(
      repair, [&](const Dictionary& entry) { add(entry.first_block, entry.block_count); }));
  return named;
}

}  // namespace vde
