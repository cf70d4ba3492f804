// Reads packed entries over many blocks; for the snapshot table (SNAP) and the code cache (CODE).
// format/region/packed_table.h describes how entries are stored in a block.
//
// The SDK reads whatever follows a block's last entry as another entry if there is room for its
// fixed part, except after the table's very last entry. So the space left in a block must be
// smaller than that. Tables that can have padding entries get them; in other tables the entries are
// reordered if an order exists that leaves little enough.
#pragma once

#include <functional>
#include <optional>

#include "format/region/packed_table.h"
#include "table/packed_source.h"

namespace vde {

// The properties of one packed table.
struct PackedTable {
  BlockType type;
  PackedShape shape;
  // Makes a meaningless entry that fills all of `room`, which is zeros; null if entries are
  // reordered instead. Its key is derived from the bytes `before` it in block `index` of the
  // region, which makes it unique.
  void (*make_padding)(Bytes before, uint64_t index, MutableBytes room) = nullptr;
  bool (*is_padding)(Bytes record) = nullptr;  // null if make_padding is
};

// The position of an entry.
struct PackedPlace {
  uint64_t block = 0;   // index in the region, from 0
  uint32_t offset = 0;  // bytes, in the payload

  bool operator==(const PackedPlace&) const = default;
};

struct PackedRecord {
  PackedPlace place;
  Bytes bytes;  // the whole entry, text included; valid during the call
};

// Called once per entry, including padding entries; return false to stop.
using PackedVisitor = std::function<bool(const PackedRecord&)>;
// Visits the entries of one table.
using PackedWalk = std::function<Result<void>(const PackedVisitor&)>;

// For a table whose first block is zero: kDamaged unless the table may be empty. It is not empty if
// a later block has content, or if the first block was never written but a later one was: every
// program writes the first block first. `noun` is the name of an entry. Every reader and writer of
// a table must call this before it treats zeros as "empty".
[[nodiscard]] Result<void> refuse_unwritten_head(PackedSource& source, std::string_view noun);

// Visits the entries of a table in order, as many as its header counts. Reads each block once and
// keeps none. kDamaged if a block or an entry is invalid, if there are fewer entries than counted,
// or more (detected only if the walk is not stopped), or if the first block is lost (see
// refuse_unwritten_head).
[[nodiscard]] Result<void> walk_packed(PackedSource& source, const PackedTable& table,
                                       const PackedVisitor& visit);

// Finds the first entry with the key `key` (shape.key_size bytes). Reads the table up to it.
[[nodiscard]] Result<std::optional<PackedPlace>> find_packed(PackedSource& source,
                                                             const PackedTable& table, Bytes key);

// Fills the `payload` of block `index` from offset `end` on with padding entries, each as large as
// possible, and the rest with zeros. Returns the number of entries. Only for tables that have
// padding.
[[nodiscard]] int32_t pad_block(const PackedTable& table, uint64_t index, MutableBytes payload,
                                size_t end);

}  // namespace vde
