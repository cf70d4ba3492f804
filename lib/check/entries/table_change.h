// Writes what a repair keeps of a packed table (SNAP, CODE): blocks are replaced, entries keep
// their bytes and their order.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "check/repair/packed_repair.h"

namespace vde {

struct TableChange {
  std::string what;  // for the step, as source and loss
  std::string source;
  Loss loss;
  std::function<Result<void>()> list;  // lists what is lost; called before the first write
  std::vector<uint64_t> blocks;        // indices of the blocks to replace, ascending
  std::map<uint64_t, std::vector<BlockBuffer>> kept;  // whole entries of these that stay
  int64_t found = 0;                                  // entries that the table has afterwards
  std::optional<int64_t> counted;                     // entries before, if that is known
  uint64_t last = 0;                                  // index of the last block with entries

  [[nodiscard]] bool replaces(uint64_t index) const;
  [[nodiscard]] const std::vector<BlockBuffer>& kept_in(uint64_t index) const;
};

// Takes the step, unless it loses something without consent.
[[nodiscard]] Result<void> change_table(StructureRepair& repair, const RepairedTable& repaired,
                                        const PlacedRegion& region, const TableChange& change);

}  // namespace vde
