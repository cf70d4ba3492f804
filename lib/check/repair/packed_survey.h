// What the blocks of a packed table hold, before any of them is replaced.
#pragma once

#include "check/repair/structure_repair.h"
#include "table/packed_walk.h"

namespace vde {

enum class PackedHolds : uint8_t {
  kDamage,      // no valid block of the table, or a copy of another block in the first place
  kUnwritten,   // never written
  kNothing,     // valid, without entries
  kEntries,     // valid; not every entry need be
  kSuperseded,  // valid, but another block holds the same entries, or newer versions of them
  kForeign,     // a valid block, but of another type, or without an entry that may be genuine
};

struct PackedSurvey {
  std::vector<PackedHolds> blocks;  // of the region, in order
  uint64_t last = 0;                // index of the last block with entries
  bool zero_head = false;           // the first block is intact and all zero
  int64_t counted = 0;              // entries according to the header, if it is intact
  int64_t found = 0;                // entries in blocks that are neither damaged nor superseded
  // Damaged blocks that may hold entries that an older header does not count: one can be read there
  // that no other block holds, or the block is newer than the first.
  std::vector<uint64_t> hiding = {};

  // The count in the header is lost: zeros in a table with entries, or damage.
  [[nodiscard]] bool is_head_lost() const {
    return blocks.front() == PackedHolds::kDamage || (zero_head && last > 0);
  }
  // Whether a block that was never written, between those with entries, has lost some.
  [[nodiscard]] bool lacks_entries() const { return is_head_lost() || counted != found; }
};

// Memory: the keys of all entries.
[[nodiscard]] Result<PackedSurvey> survey_packed(StructureRepair& repair, const PackedTable& table,
                                                 BlockRange region);

}  // namespace vde
