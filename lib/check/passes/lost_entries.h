// What is known about the lost entries of a packed table (SNAP, CODE) with damaged blocks.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "format/block.h"
#include "table/packed_walk.h"

namespace vde {

// Calls `visit` with each entry that a damaged block seems to hold. Any bytes can be decoded as an
// entry; only plausible ones are passed on. `first` for the block with the header. Modules and
// inode tables have to be within `total_blocks`.
void each_likely_record(const PackedTable& table, const UncheckedBlock& block, bool first,
                        uint64_t total_blocks, const std::function<void(Bytes record)>& visit);

// Whether a record that can be decoded is a plausible entry.
[[nodiscard]] bool is_likely_record(const PackedTable& table, Bytes record, uint64_t total_blocks,
                                    uint32_t block_size);

// "block 89", "blocks 89, 90", "blocks 89, 90 and 7 more": the `first` of `count` blocks.
[[nodiscard]] std::string list_blocks(std::span<const uint64_t> first, uint64_t count);

// Entries are numbered from 0, in the order of the table. Names are read from damaged blocks and
// unverified: they are only for messages. Keeps a limited number of blocks and names.
class LostEntries {
 public:
  // Modules and inode tables outside `total_blocks` are not named.
  LostEntries(const PackedTable& table, uint64_t total_blocks)
      : table_(&table), total_blocks_(total_blocks) {}

  // Block `number` of the image is damaged; `before` entries were found before it.
  void add(uint64_t number, int64_t before);
  // The first block has a valid trailer, but its content is lost. Call it after all add().
  void add_head(uint64_t number);
  // Names the entries that can be read from a damaged block, except those that are kept; `first`
  // for the block with the header.
  void name(
      const UncheckedBlock& block, bool first,
      const std::function<bool(Bytes record)>& is_kept = [](Bytes) { return false; });

  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] uint64_t first_block() const { return blocks_.front(); }
  // The damaged blocks, as list_blocks() writes them.
  [[nodiscard]] std::string where() const { return list_blocks(blocks_, count_); }
  // "entries 50 to 98 of 99", if the header counts `counted` and `found` are left. `counted` is
  // empty if the header is lost too.
  [[nodiscard]] std::string which(std::optional<int64_t> counted, int64_t found) const;
  // "snapshot 0011.. 'label'"; "module 00aa.. in blocks 200 to 207".
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // "; readable there (unverified): NAME, NAME", or an empty text.
  [[nodiscard]] std::string unverified() const;

 private:
  const PackedTable* table_;
  uint64_t total_blocks_;
  uint64_t count_ = 0;            // blocks
  std::vector<uint64_t> blocks_;  // the first of them
  int64_t before_ = 0;            // entries before the first
  std::vector<std::string> names_;
  uint64_t readable_ = 0;  // entries; names_ has the first of them
};

}  // namespace vde
