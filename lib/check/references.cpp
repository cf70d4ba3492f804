#include "check/references.h"

namespace vde {

std::vector<BlockRange> References::merged(uint64_t end,
                                           const std::vector<BlockRange>& except) const {
  return subtract(merge_ranges(ranges_, end), except);
}

}  // namespace vde
