// Blocks of described tables (format/region/tables.h) as JSON.
#pragma once

#include "format/region/tables.h"
#include "inspect/structure.h"
#include "io/block_io.h"

namespace vde {

// The position of a block in its table.
struct TablePlace {
  BlockType content;   // of the region
  BlockRange blocks;   // of the region, clipped to the file
  uint64_t index = 0;  // of the block in its region
};

// The structures of the block at `place` with this payload, as from decode_structures(). The first
// block of the region determines how to read the others; it is read from `io`, even if damaged.
// Empty if the region does not hold a described table, or its first block cannot be read.
[[nodiscard]] Json decode_table(const BlockIo& io, const TablePlace& place, Bytes payload);

// The fields of a record by name, with the names of set bits.
[[nodiscard]] Json record_values(const TableRecord& record);

// The counts in the header of the region's first payload, one member per list of records; null if
// the region holds neither a table nor keys, policies, a tree or a query index.
[[nodiscard]] Json count_records(BlockType content, Bytes head);

// The checkpoint of an inode migration (MCHK).
[[nodiscard]] Json decode_migration(Bytes payload);

}  // namespace vde
