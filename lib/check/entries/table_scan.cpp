#include "check/entries/table_scan.h"

#include <algorithm>

#include "base/checked.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

bool is_placed(const PackedTable& table, Bytes record, uint64_t total_blocks, uint32_t block_size) {
  if (table.type == block_types::kCode) {
    const auto decoded = decode_module_entry(record);
    return decoded && module_extent(decoded->entry, total_blocks, block_size);
  }
  const SnapshotEntry entry = snapshot_of(record);
  const auto blocks = block_range(entry.inode_table_start, entry.inode_table_blocks);
  return blocks && blocks->end <= total_blocks;
}

class Scanner {
 public:
  Scanner(StructureRepair& repair, const PackedTable& table)
      : table_(table),
        total_blocks_(repair.total_blocks()),
        block_size_(repair.io().block_size()) {}

  void read(uint64_t index, Bytes payload, TableScan& scan) const {
    size_t at = index == 0 ? kPackedTableHeaderLayout.size() : 0;
    while (payload.size() - at >= table_.shape.fixed_size && !all_zero(payload.subspan(at))) {
      const Result<Bytes> record = packed_record(table_.shape, payload.subspan(at));
      const Bytes bytes = record ? *record : payload.subspan(at);
      const Bytes key = bytes.first(table_.shape.key_size);
      scan.entries.push_back({index, at, bytes.size(),
                              record ? state_of(*record) : EntryState::kBroken,
                              std::string(key.begin(), key.end()), checksum(bytes)});
      scan.last = index;
      at += bytes.size();
    }
  }

 private:
  [[nodiscard]] EntryState state_of(Bytes record) const {
    if (table_.is_padding != nullptr && table_.is_padding(record)) return EntryState::kPadding;
    if (all_zero(record.first(table_.shape.key_size))) return EntryState::kNilKey;
    return is_placed(table_, record, total_blocks_, block_size_) ? EntryState::kSound
                                                                 : EntryState::kOutside;
  }

  const PackedTable& table_;
  uint64_t total_blocks_;
  uint32_t block_size_;
};

}  // namespace

int64_t TableScan::found() const {
  return std::ranges::count_if(
      entries, [](const ScannedEntry& entry) { return entry.state != EntryState::kBroken; });
}

const ScannedEntry* TableScan::broken() const {
  const auto is_broken = [](const ScannedEntry& e) { return e.state == EntryState::kBroken; };
  if (std::ranges::count_if(entries, is_broken) != 1) return nullptr;
  return &*std::ranges::find_if(entries, is_broken);
}

bool TableScan::has(EntryState state) const {
  return std::ranges::find(entries, state, &ScannedEntry::state) != entries.end();
}

Result<std::optional<TableScan>> scan_table(StructureRepair& repair, const PackedTable& table,
                                            BlockRange region) {
  const Scanner scanner(repair, table);
  TableScan scan;
  for (uint64_t index = 0; index < region.count(); ++index) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(payload, repair.read_intact(region.begin + index, table.type));
    if (!payload) return std::optional<TableScan>();
    if (index == 0) scan.counted = kPackedTableHeaderLayout.decode(*payload).count;
    scanner.read(index, *payload, scan);
  }
  const bool ends = scan.has(EntryState::kBroken)
                        ? scan.broken() != nullptr && scan.counted > scan.found()
                        : scan.counted == scan.found();
  return ends ? std::optional(std::move(scan)) : std::nullopt;
}

Result<BlockBuffer> entry_bytes(StructureRepair& repair, const PackedTable& table,
                                BlockRange region, const ScannedEntry& entry) {
  VDE_TRY_ASSIGN(payload, repair.read_intact(region.begin + entry.index, table.type));
  if (!payload) return fail(ErrorCode::kDamaged, "a block of the table is damaged");
  const Bytes bytes = payload->subspan(entry.offset, entry.size);
  return BlockBuffer(bytes.begin(), bytes.end());
}

}  // namespace vde
