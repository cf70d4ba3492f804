// The table of compression dictionaries (DICT), and the blocks that they own. Nothing on the disk
// but this table says that those are in use: who made them leaves them free in the bitmap.
#pragma once

#include <functional>

#include "format/region/dictionary.h"
#include "table/packed_source.h"

namespace vde {

// Entries that a region of `blocks` blocks can hold, kMaxDictionaries at most.
[[nodiscard]] uint32_t most_dictionaries(uint64_t blocks, uint32_t block_size);

// The blocks of a dictionary; an empty range where it has none. kDamaged, saying why, where its
// size or count is negative, or the blocks do not lie within a volume of `total_blocks`, behind its
// fixed places.
[[nodiscard]] Result<BlockRange> dictionary_extent(const Dictionary& entry, uint64_t total_blocks);

// Gets the dictionaries one by one; false = no more of them.
using DictionaryVisitor = std::function<bool(const Dictionary&)>;

// Hands out the dictionaries of `source`, whose blocks are tagged DICT, in the order of the table,
// as many as its header counts. kDamaged where a block does not verify, the first one is lost, or
// the count is negative or more than the region can hold.
[[nodiscard]] Result<void> walk_dictionaries(PackedSource& source, const DictionaryVisitor& visit);

// The blocks that dictionaries own, ascending. kDamaged as the functions above, and where two of
// them share blocks.
[[nodiscard]] Result<std::vector<BlockRange>> dictionary_blocks(PackedSource& source,
                                                                uint64_t total_blocks);

}  // namespace vde
