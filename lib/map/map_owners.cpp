#include "map/map_owners.h"

#include <algorithm>

#include "base/checked.h"
#include "vde/text.h"

namespace vde {

MapOwners find_map_owners(const Probe& probe, const BlockIo& io, uint64_t end) {
  MapOwners found;
  std::vector<BlockRange> ranges;
  const auto add = [&](OwnerKind kind, std::string id, int64_t first, int64_t count) {
    auto range = block_range(first, count);
    if (range) range->end = std::min(range->end, end);
    if (!range || range->empty()) return;
    found.owners.push_back({kind, std::move(id)});
    ranges.push_back(*range);
  };
  each_module(probe, io, [&](const ModuleEntry& entry) {
    add(OwnerKind::kModule, to_hex(entry.hash), entry.first_block, entry.block_count);
  });
  each_dictionary(probe, io, [&](const Dictionary& entry) {
    add(OwnerKind::kDictionary, std::to_string(entry.id), entry.first_block, entry.block_count);
  });
  each_snapshot(probe, io, [&](const SnapshotEntry& entry) {
    if ((entry.flags & kSnapshotDeleted) != 0) return;
    add(OwnerKind::kSnapshot, to_string(entry.id), entry.inode_table_start,
        entry.inode_table_blocks);
  });
  found.pieces = flatten(ranges);
  return found;
}

}  // namespace vde
