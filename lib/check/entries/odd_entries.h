// Impossible entries of a packed table (SNAP, CODE) whose blocks are all valid. They are corrected
// if only one answer fits (entry_corrections), and dropped if they are copies. All others are set
// aside: their bytes go to the list of lost entries, and the rest of the table stays.
#pragma once

#include "check/entries/table_scan.h"

namespace vde {

// Drops entries that equal another one, byte for byte. Loses nothing. Copies of whole blocks are
// left: repairs of blocks treat them.
[[nodiscard]] Result<void> drop_copies(StructureRepair& repair, const RepairedTable& repaired,
                                       const PlacedRegion& region, const TableScan& scan);

// Sets aside what has no key, lies outside the volume, cannot be divided into entries, or shares
// its key with another entry. Needs consent. Of modules with one hash, one stays whose bytes have
// that hash.
[[nodiscard]] Result<void> set_aside(StructureRepair& repair, const RepairedTable& repaired,
                                     const PlacedRegion& region, const TableScan& scan);

}  // namespace vde
