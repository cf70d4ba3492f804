#include "region/owners.h"

#include "base/checked.h"
#include "base/ranges.h"
#include "table/dictionary_table.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

// Calls `read` for the first region of that type, unless it is encrypted or compressed.
template <class Read>
Result<void> read_region(const Journal& journal, BlockType type, Read read) {
  const auto region = journal.regions().open_region({type, {}, {}, {}});
  if (!region) return {};
  // Without live records in the journal, many blocks can be read at once.
  if (journal.live_records() == 0) {
    FileSource source(journal.io(), region->blocks, type);
    return read(source);
  }
  CommittedSource source(journal, region->blocks, type);
  return read(source);
}

// Calls `visit` for each entry of a table.
template <class Visit>
Result<void> walk_table(const Journal& journal, const PackedTable& table, Visit visit) {
  return read_region(journal, table.type, [&](PackedSource& source) {
    return walk_packed(source, table, [&](const PackedRecord& record) {
      visit(record.bytes);
      return true;
    });
  });
}

void add(std::vector<BlockRange>& ranges, int64_t start, int64_t count) {
  const auto range = block_range(start, count);
  if (!range || range->empty()) return;
  // Modules are usually stored one after the other.
  if (!ranges.empty() && ranges.back().end == range->begin)
    ranges.back().end = range->end;
  else
    ranges.push_back(*range);
}

}  // namespace

Result<Owners> find_owners(const Journal& journal) {
  const auto total = static_cast<uint64_t>(journal.superblock().total_blocks);
  std::vector<BlockRange> stored;
  std::vector<BlockRange> noted;
  VDE_TRY(walk_table(journal, kModuleTable, [&](Bytes record) {
    const ModuleEntry entry = kModuleEntryLayout.decode(record);
    add(stored, entry.first_block, entry.block_count);
  }));
  VDE_TRY(read_region(journal, block_types::kDictionaries, [&](PackedSource& source) {
    return walk_dictionaries(source, [&](const Dictionary& entry) {
      add(stored, entry.first_block, entry.block_count);
      return true;
    });
  }));
  VDE_TRY(walk_table(journal, snapshot_table(), [&](Bytes record) {
    const SnapshotEntry entry = kSnapshotEntryLayout.decode(record);
    add(noted, entry.inode_table_start, entry.inode_table_blocks);
  }));
  Owners owners;
  owners.regions = journal.regions().metadata();
  owners.stored = merge_ranges(std::move(stored), total);
  noted.insert(noted.end(), owners.stored.begin(), owners.stored.end());
  owners.named = merge_ranges(std::move(noted), total);
  return owners;
}

}  // namespace vde
