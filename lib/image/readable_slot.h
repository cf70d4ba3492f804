// Which slot holds a structure that is to be read or changed.
#pragma once

#include <string>

#include "format/region_map.h"

namespace vde {

// A structure in words: its name, what is said where an image has none, and what to do then.
struct StructureWords {
  Tag tag;
  std::string_view name;
  std::string_view missing;
  std::string_view remedy;
};

// The index of the first slot of that tag. kUnsupported where there is none, or one that is
// encrypted or compressed.
[[nodiscard]] Result<size_t> find_readable_slot(const std::vector<RegionSlot>& slots,
                                                const StructureWords& words);

}  // namespace vde
