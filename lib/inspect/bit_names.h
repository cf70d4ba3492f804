// Spells out the bits of the fields that hold sets.
#pragma once

#include "vde/inspect.h"

namespace vde {

// The names of the set bits; "bit N" for a bit without a name.
[[nodiscard]] Json region_flag_names(uint32_t flags);

// Adds a member NAME_names for every bit field NAME of `values`, the values of a structure.
void put_bit_names(Json& values);

}  // namespace vde
