// The amount of work in tests that have no natural limit.
#pragma once

#include "support/random.h"

namespace vde::test {

#ifdef VDE_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
// Time limits are multiplied by this: sanitizers slow everything down.
inline constexpr int kSlowness = kSanitized ? 10 : 1;

// VDE_TEST_EFFORT in the environment, a number: 1 is the default of test runs, 10 is ten times as
// many images, operations or seeds. If it is not set, the value that CMake sets for the program;
// less with sanitizers.
[[nodiscard]] double test_effort(double otherwise = VDE_TEST_EFFORT_DEFAULT);

// `amount` scaled by the effort, but at least one.
[[nodiscard]] uint64_t scaled(uint64_t amount, double effort = test_effort());

// The step through a list, if it is `step` at effort 1.
[[nodiscard]] uint64_t stretched(uint64_t step = 1, double effort = test_effort());

// Selects everything at effort 1 and above, else a random share of that size. It is random so that
// periodic lists are still covered in all their forms.
class Share {
 public:
  explicit Share(double effort) : effort_(effort) {}
  [[nodiscard]] bool takes_next();

 private:
  double effort_;
  Random random_{1};
};

}  // namespace vde::test
