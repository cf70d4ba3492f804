// Where the tag index of an image lies.
#pragma once

#include "journal/survey.h"

namespace vde {

// The index of its slot. kUnsupported where there is none, or its bytes are not to be read as one.
[[nodiscard]] Result<size_t> find_tag_slot(const std::vector<RegionSlot>& slots);

}  // namespace vde
