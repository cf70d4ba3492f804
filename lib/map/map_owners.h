// What the tables of modules, dictionaries and snapshots say about blocks.
#pragma once

#include "inspect/valid_entries.h"
#include "map/flatten.h"
#include "vde/map.h"

namespace vde {

struct MapOwners {
  std::vector<MapOwner> owners;
  std::vector<FlatPiece> pieces;  // `winner` is an index of `owners`
};

// Reads the blocks of the tables that verify. Deleted snapshots do not count. Ranges are cut at
// `end`.
[[nodiscard]] MapOwners find_map_owners(const Probe& probe, const BlockIo& io, uint64_t end);

}  // namespace vde
