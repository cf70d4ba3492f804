// Corrects fields of impossible entries in a packed table (SNAP, CODE) whose blocks are all valid,
// where two facts give one answer. Loses nothing.
//
// - The length of a text: of all lengths that the format allows, one divides the rest of the block
//   into plausible entries, and the header counts as many.
// - The id of a snapshot that has none: children name one parent that is not in the table, and the
//   times are in order.
// - The inode table of a snapshot: all others name the same one, and one of the two numbers is
//   theirs.
// - The hash of a module that has none: all its blocks are valid.
// - The number of a module's blocks: its size gives it, and the bytes have the hash.
#pragma once

#include "check/entries/table_scan.h"

namespace vde {

[[nodiscard]] Result<void> correct_entries(StructureRepair& repair, const RepairedTable& repaired,
                                           const PlacedRegion& region, const TableScan& scan);

}  // namespace vde
