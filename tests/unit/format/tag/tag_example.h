// Two tags, and the leaf that contains them.
#pragma once

#include <string_view>
#include <vector>

#include "vde/tag_types.h"

namespace vde::test {

inline std::vector<TagEntry> example_tags() {
  return {{"a", "", 1, -1}, {std::string("b\0c", 3), "xy", 2, 0x1122}};
}

// Type, count and entries of that leaf.
inline constexpr std::string_view kExampleTagBytes =
    "01"
    "0200"
    "01"
    "61"
    "00"
    "0100000000000000"
    "ffffffffffffffff"
    "03"
    "620063"
    "02"
    "7879"
    "0200000000000000"
    "2211000000000000";
inline constexpr size_t kExampleTagsEnd = kExampleTagBytes.size() / 2;

}  // namespace vde::test
