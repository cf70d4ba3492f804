// Each place that makes a finding, so that a test build can switch one off and show that a recipe
// sees it (tests/damage/mutations_test.cpp). Every other build switches nothing off: the question
// is answered when it is compiled.
#pragma once

#include "check/finding_code.h"

namespace vde {

// Where a finding is made. As a default argument it stands for the caller's line.
struct FindingSite {
  const char* file;
  int line;

  static constexpr FindingSite here(const char* file = __builtin_FILE(),
                                    int line = __builtin_LINE()) {
    return {file, line};
  }
};

#ifdef VDE_CHECK_MUTATIONS
[[nodiscard]] bool is_switched_off(FindingCode code, FindingSite site);
#else
[[nodiscard]] constexpr bool is_switched_off(FindingCode, FindingSite) {
  return false;
}
#endif

}  // namespace vde
