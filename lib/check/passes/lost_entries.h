// What is known of entries of a packed table (SNAP, CODE) whose blocks do not verify.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/block.h"
#include "table/packed_walk.h"

namespace vde {

// Entries are numbered from 0, in the order of the table. Names come from bytes that do not verify:
// they are good for names alone. Memory: a few of both.
class LostEntries {
 public:
  // Modules and inode tables that do not lie within `total_blocks` are not named.
  LostEntries(const PackedTable& table, uint64_t total_blocks)
      : table_(&table), total_blocks_(total_blocks) {}

  // Block `number` of the image does not verify; `before` entries were found in front of it.
  void add(uint64_t number, int64_t before);
  // The first block lost what it held, though it verifies. Comes after all add().
  void add_head(uint64_t number);
  // The entries that a block seems to hold; `first` for the block with the header.
  void name(const UncheckedBlock& block, bool first);

  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] uint64_t first_block() const { return blocks_.front(); }
  // "blocks 89, 90".
  [[nodiscard]] std::string where() const;
  // "entries 50 to 98 of 99", where the header counts `counted` and `found` are left. Nothing is
  // counted where that is lost, too.
  [[nodiscard]] std::string which(std::optional<int64_t> counted, int64_t found) const;
  // "snapshot 0011.. 'label'"; "module 00aa.. in blocks 200 to 207".
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // ", as it seems NAME, NAME", or an empty text.
  [[nodiscard]] std::string seeming() const;

 private:
  const PackedTable* table_;
  uint64_t total_blocks_;
  uint64_t count_ = 0;            // blocks
  std::vector<uint64_t> blocks_;  // the first of them
  int64_t before_ = 0;            // entries in front of the first
  std::vector<std::string> names_;
  bool more_names_ = false;
};

}  // namespace vde
