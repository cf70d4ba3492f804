// The parts of the snapshot table (SNAP) that other packed tables do not have.
#pragma once

#include "format/region/snapshot_entry.h"
#include "table/packed_walk.h"

namespace vde {

[[nodiscard]] const PackedTable& snapshot_table();

// A padding entry, not a snapshot: deleted, no parent, time 0, inode table 0 + 0, and a label of
// zero bytes.
[[nodiscard]] bool is_padding(const SnapshotEntry& entry);

// `record` must come from a walk over the table.
[[nodiscard]] SnapshotEntry snapshot_of(Bytes record);

struct SnapshotCounts {
  int32_t all = 0;      // deleted ones included
  int32_t deleted = 0;  // of them
};
// Counts the entries except padding; errors as walk_packed().
[[nodiscard]] Result<SnapshotCounts> count_snapshots(PackedSource& source);

// The number of data blocks in use: allocated blocks except those of regions and the fixed blocks.
// Computed from the superblock's counts, without reading the bitmap.
[[nodiscard]] int64_t allocated_data_blocks(const Superblock& superblock,
                                            const RegionTable& regions);

// Resolves a reference; the caller passes all snapshots in table order. Tried in this order:
// "@latest", a full label, an id prefix of 4 or more characters. Deleted snapshots are ignored.
// Full ids must be resolved by the caller.
class SnapshotSearch {
 public:
  explicit SnapshotSearch(std::string_view ref);

  void consider(const SnapshotEntry& entry);

  // kNotFound; kUsage, with the first candidates, if there are several.
  [[nodiscard]] Result<SnapshotEntry> result() const;

 private:
  struct Matches {
    uint64_t count = 0;
    std::vector<SnapshotEntry> first;  // only the first few

    void add(const SnapshotEntry& entry);
  };

  [[nodiscard]] Result<SnapshotEntry> only(const Matches& matches, std::string_view what) const;

  std::string_view ref_;
  std::string prefix_;  // hexadecimal digits in lower case; empty where `ref` cannot be one
  std::optional<SnapshotEntry> latest_;
  Matches labels_;
  Matches ids_;
};

}  // namespace vde
