// The sound images that fuzz inputs are edits of: small, with something in every part of the
// region that is aimed at.
#pragma once

#include <vector>

#include "support/image_builder.h"

namespace vde::test {

enum class FuzzBase : uint8_t {
  kTags,         // as vdetool writes them: three levels, both filters, free nodes
  kForeignTags,  // as the existing writer does: empty leaves, equal keys in any order
  kBlankTags,    // a header of zeros
  kSnapshots,
  kModules,
};
inline constexpr size_t kFuzzBases = 5;

// Made once, to be copied. Verify finds nothing in it but notes.
[[nodiscard]] ImageBuilder& fuzz_base(FuzzBase base);

// The region that the base is about.
[[nodiscard]] std::string_view fuzzed_region(FuzzBase base);

}  // namespace vde::test
