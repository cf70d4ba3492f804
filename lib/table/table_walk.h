// Walks over the blocks of a described table, intact or damaged. What belongs to a table and where
// it ends is defined here, for all who read it.
#pragma once

#include "format/region/table.h"
#include "table/region_blocks.h"

namespace vde {

// A block of a table.
struct TableStep {
  uint64_t block = 0;            // its index in the region
  std::optional<Bytes> payload;  // nothing if the block is damaged or cannot be read
  std::optional<Error> error;    // why it cannot be read
  TableBlock read;
  // The position in `read.records` of the first record that was never written, because there are
  // only zeros from it to the end of the block.
  std::optional<size_t> missing;
};

class TableWalk {
 public:
  // `head` is the payload of block 0. All arguments must outlive this object.
  TableWalk(RegionBlocks& blocks, const TableDescription& table, Bytes head);

  // The next block, from block 0 to the one with the last record that the header counts. Nothing
  // after it, or before a block of zeros: then the header counts too many. Records after a damaged
  // block have exact indexes only if all records have the same size; otherwise the block is read as
  // if the last list filled it. The step is valid until the next call.
  [[nodiscard]] std::optional<TableStep> next();
  // Continues at block `index`, as after a damaged block.
  void seek(uint64_t index);

  // Whether the bytes after the last record of the last block could be another record, which the
  // header does not count. `step` is that block.
  [[nodiscard]] bool holds_uncounted(const TableStep& step) const;

  // The block that next() reads next.
  [[nodiscard]] uint64_t position() const { return next_; }
  [[nodiscard]] const TableReader& reader() const { return reader_; }
  // Records after a damaged block have exact indexes.
  [[nodiscard]] bool is_exact() const;

 private:
  [[nodiscard]] Result<std::optional<Bytes>> payload();

  RegionBlocks& blocks_;
  const TableDescription& table_;
  Bytes head_;
  TableReader reader_;
  uint64_t next_ = 0;
  BlockBuffer held_;  // the block before the one that is read ahead
};

}  // namespace vde
