// The blocks that the entries of tables name, as far as the tables can be read: damaged blocks are
// skipped.
#pragma once

#include <functional>

#include "check/repair/structure_repair.h"
#include "format/region/dictionary.h"

namespace vde {

using PayloadVisitor = std::function<void(Bytes payload, bool first)>;
using NamedDictionary = std::function<void(const Dictionary& entry)>;

// Visits the payload of each intact block of the table of this type.
[[nodiscard]] Result<void> each_table_block(StructureRepair& repair, BlockType type,
                                            const PayloadVisitor& visit);

// Visits the dictionaries of intact blocks, as far as the header counts them.
[[nodiscard]] Result<void> each_dictionary(StructureRepair& repair, const NamedDictionary& visit);

// The blocks of modules and dictionaries, and the inode tables of snapshots, within the volume; not
// merged.
[[nodiscard]] Result<std::vector<BlockRange>> named_blocks(StructureRepair& repair);

}  // namespace vde
