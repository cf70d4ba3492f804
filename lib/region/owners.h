// Which blocks of a volume are known to belong to something. The bitmap must agree with it before
// anything is decided by the bitmap, and what is about to be overwritten must not be among them.
#pragma once

#include <vector>

#include "journal/journal.h"

namespace vde {

struct Owners {
  std::vector<BlockRange> regions;  // see RegionTable::metadata()
  // The blocks of modules and dictionaries, and the inode tables of snapshots, deleted ones
  // included, wherever they lie. Disjoint and ascending; clipped to the volume.
  std::vector<BlockRange> named;
  // Those of modules and dictionaries: free blocks with content among them are a contradiction. A
  // snapshot's inode table is a place that was noted once, and may be free since.
  std::vector<BlockRange> stored;
};

// As the last commit left them. Reads the tables once. kDamaged where one of them is not sound.
[[nodiscard]] Result<Owners> find_owners(const Journal& journal);

}  // namespace vde
