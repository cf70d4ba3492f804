// The snapshot table (SNAP): what is its own beside the packed entries.
#pragma once

#include "format/region/snapshot_entry.h"
#include "table/packed_walk.h"

namespace vde {

[[nodiscard]] const PackedTable& snapshot_table();

// An entry that fills left-over space and is no snapshot: deleted, without parent, of time 0 and
// inode table 0 + 0, its label zero bytes.
[[nodiscard]] bool is_padding(const SnapshotEntry& entry);

// `record` is one that a walk through the table handed out.
[[nodiscard]] SnapshotEntry snapshot_of(Bytes record);

// The table's entries but padding; an error as walk_packed.
[[nodiscard]] Result<int32_t> count_snapshots(PackedSource& source);

// Blocks of the volume that are in use for data: the allocated ones but those of regions and of the
// fixed places. By the superblock's counts, without looking at the bitmap.
[[nodiscard]] int64_t allocated_data_blocks(const Superblock& superblock,
                                            const RegionTable& regions);

// Finds what a REF names among snapshots that it is shown in the order of the table: "@latest", or
// a whole label, or a prefix of an id of 4 or more characters, tried in this order. Deleted ones do
// not count. Whole ids are for whoever holds the table.
class SnapshotSearch {
 public:
  explicit SnapshotSearch(std::string_view ref);

  void look_at(const SnapshotEntry& entry);

  // kNotFound, or kUsage naming the first candidates where there are several.
  [[nodiscard]] Result<SnapshotEntry> result() const;

 private:
  struct Matches {
    uint64_t count = 0;
    std::vector<SnapshotEntry> first;  // a few of them

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
