// Reading packed entries over many blocks: what the snapshot table (SNAP) and the code cache (CODE)
// have in common. format/region/packed_table.h says how entries lie in a block.
//
// The existing reader takes whatever follows a block's last entry for another one where there is
// room for its fixed part, except behind the table's very last entry. So what is left over in a
// block has to be smaller than that: a table that can have padding entries gets them, in another
// one the entries are put in an order that does it, where there is one.
#pragma once

#include <functional>
#include <optional>

#include "format/region/packed_table.h"
#include "table/packed_source.h"

namespace vde {

// What makes one packed table different from another.
struct PackedTable {
  BlockType tag;
  PackedShape shape;
  // Makes an entry that means nothing and takes up all of `room`, which is zeros; null where
  // entries are reordered instead. What lies `before` it in block `index` of the region makes its
  // key one of its own.
  void (*make_padding)(Bytes before, uint64_t index, MutableBytes room) = nullptr;
  bool (*is_padding)(Bytes record) = nullptr;  // null where make_padding is
};

// Where an entry lies.
struct PackedPlace {
  uint64_t block = 0;   // of the region, from 0
  uint32_t offset = 0;  // bytes into the payload

  bool operator==(const PackedPlace&) const = default;
};

struct PackedRecord {
  PackedPlace place;
  Bytes bytes;  // the whole entry, text included; valid during the call
};

// Gets the entries one by one, padding entries too; false = no more of them.
using PackedVisitor = std::function<bool(const PackedRecord&)>;
// Hands out the entries of one table, wherever it is read.
using PackedWalk = std::function<Result<void>(const PackedVisitor&)>;

// For a table whose first block is zero: kDamaged unless that may be an empty one. It is none where
// a later block has content, nor where the first block was never written and a later one was,
// whatever it holds: whoever makes a table starts with its first block. `noun` is what an entry is
// called. All that read or change a table ask this before they take zeros for "empty".
[[nodiscard]] Result<void> refuse_unwritten_head(PackedSource& source, std::string_view noun);

// Hands out the entries of a table in its order, as many as its header counts. Reads each block
// once and keeps none. kDamaged where a block does not verify, an entry makes no sense, there are
// fewer entries than counted, or more (which only a walk to the end sees), or the first block is
// lost (see refuse_unwritten_head).
[[nodiscard]] Result<void> walk_packed(PackedSource& source, const PackedTable& table,
                                       const PackedVisitor& visit);

// The place of the first entry whose key is `key` (shape.key_size bytes); reads up to it.
[[nodiscard]] Result<std::optional<PackedPlace>> find_packed(PackedSource& source,
                                                             const PackedTable& table, Bytes key);

// Fills the `payload` of block `index` from byte `end` on with padding entries, wherever one could
// be, each as large as entries may be; then with zeros. Returns their number. Only for tables that
// have such entries.
[[nodiscard]] int32_t pad_block(const PackedTable& table, uint64_t index, MutableBytes payload,
                                size_t end);

}  // namespace vde
