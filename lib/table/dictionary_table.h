// The table of compression dictionaries (DICT), and the blocks that they own. Only this table shows
// that these blocks are in use: programs that store dictionaries leave them free in the bitmap.
#pragma once

#include <functional>

#include "format/region/dictionary.h"
#include "table/packed_source.h"

namespace vde {

// The number of entries in a region of `blocks` blocks, at most kMaxDictionaries.
[[nodiscard]] uint32_t max_dictionaries(uint64_t blocks, uint32_t block_size);

// The blocks of a dictionary; an empty range if it has none. kDamaged, with the reason, if size or
// count is negative, or if the blocks do not lie after the fixed blocks of a volume of
// `total_blocks`.
[[nodiscard]] Result<BlockRange> dictionary_extent(const Dictionary& entry, uint64_t total_blocks);

// Called once per dictionary; return false to stop.
using DictionaryVisitor = std::function<bool(const Dictionary&)>;

// Visits the dictionaries of `source`, whose block type is DICT, in table order, as many as its
// header counts. kDamaged if a block is invalid, the first one is lost, or the count is negative or
// more than the region can hold.
[[nodiscard]] Result<void> walk_dictionaries(PackedSource& source, const DictionaryVisitor& visit);

// The blocks that dictionaries own, ascending. kDamaged as the functions above, and if two of them
// share blocks.
[[nodiscard]] Result<std::vector<BlockRange>> dictionary_blocks(PackedSource& source,
                                                                uint64_t total_blocks);

}  // namespace vde
