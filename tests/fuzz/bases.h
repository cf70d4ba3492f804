// The valid images that fuzz inputs are edits of: small, with content in every part of the fuzzed
// region.
#pragma once

#include <vector>

#include "support/image_builder.h"

namespace vde::test {

enum class FuzzBase : uint8_t {
  kTags,         // as vdetool writes them: three levels, both filters, free nodes
  kForeignTags,  // as the SDK writes them: empty leaves, equal keys in any order
  kBlankTags,    // an all-zero header
  kSnapshots,
  kModules,
};
inline constexpr size_t kFuzzBases = 5;

// Created once, to be copied. Verify finds nothing but notes in it.
[[nodiscard]] ImageBuilder& fuzz_base(FuzzBase base);

// The region that the base is for.
[[nodiscard]] std::string_view fuzzed_region(FuzzBase base);

}  // namespace vde::test
