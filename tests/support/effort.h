// How much is done by tests that could always do more.
#pragma once

#include "support/random.h"

namespace vde::test {

#ifdef VDE_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
// How many times as long anything may take: sanitizers slow everything down.
inline constexpr int kSlowness = kSanitized ? 10 : 1;

// VDE_TEST_EFFORT in the environment, a number, 1 being what test runs do: 10 is ten times as many
// images, operations or seeds. Without it what CMake sets for the program, less under sanitizers.
[[nodiscard]] double test_effort(double otherwise = VDE_TEST_EFFORT_DEFAULT);

// So many things where there are `amount` at effort 1; one at least.
[[nodiscard]] uint64_t scaled(uint64_t amount, double effort = test_effort());

// Every how many things of a list one is taken, where it is every `step` of them at effort 1.
[[nodiscard]] uint64_t stretched(uint64_t step = 1, double effort = test_effort());

// Takes everything at effort 1 and above, else so large a part, at random: what comes in turns is
// still taken in all its forms.
class Share {
 public:
  explicit Share(double effort) : effort_(effort) {}
  [[nodiscard]] bool takes_next();

 private:
  double effort_;
  Random random_{1};
};

}  // namespace vde::test
