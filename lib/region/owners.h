// The blocks of a volume that are known to be in use. The bitmap must agree with it before any
// decision depends on the bitmap, and blocks that are to be overwritten must not be among them.
#pragma once

#include <vector>

#include "journal/journal.h"

namespace vde {

struct Owners {
  std::vector<BlockRange> regions;  // see RegionTable::metadata()
  // Blocks of modules and dictionaries, and the inode tables of snapshots, including deleted ones,
  // anywhere in the volume. Disjoint and ascending; clipped to the volume.
  std::vector<BlockRange> named;
  // Only those of modules and dictionaries: a free block with content among them is a
  // contradiction. The inode table of a snapshot is only a noted location, and may be free by now.
  std::vector<BlockRange> stored;
};

// The owners as of the last commit. Reads the tables once. kDamaged if one of them is damaged.
[[nodiscard]] Result<Owners> find_owners(const Journal& journal);

}  // namespace vde
