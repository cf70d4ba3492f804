// Valid blocks of other structures in a region that is repaired: two blocks changed places. What
// they hold may be the only copy, so overwriting them needs consent.
#pragma once

#include <functional>

#include "check/repair/structure_repair.h"

namespace vde {

struct SoleBlocks {
  std::vector<uint64_t> blocks;
  std::string_view structure;  // the one that they do not belong to, "bitmap"; outlives this

  // Adds them to what a step loses.
  void add_to(Loss& loss) const;
  // Lists them as entries that the current step loses. Call it before they are overwritten.
  [[nodiscard]] Result<void> report(StructureRepair& repair) const;
};

// Whether a block belongs to the region, although the type in its trailer is another.
using BelongsHere = std::function<bool(const UncheckedBlock& block)>;

// Those of `targets` that are valid, not zero, of another type than `region`, do not belong to it,
// and hold what no other region, module or dictionary holds. May commit the changes so far.
[[nodiscard]] Result<SoleBlocks> find_sole_blocks(StructureRepair& repair,
                                                  const PlacedRegion& region,
                                                  const std::vector<uint64_t>& targets,
                                                  std::string_view structure,
                                                  const BelongsHere& belongs);

}  // namespace vde
