// Identifies the places in the code that report findings, so that a test build can switch one off
// and check that a recipe notices (tests/damage/findings/mutations_test.cpp). In all other builds
// the check is a constant.
#pragma once

#include "check/finding_code.h"

namespace vde {

// Where a finding is reported. As a default argument, here() is the caller's line.
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
