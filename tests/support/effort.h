// How much is done by tests that could always do more.
#pragma once

#include <cstdint>

namespace vde::test {

// How many times as long anything may take: sanitizers slow everything down.
#ifdef VDE_SANITIZED
inline constexpr int kSlowness = 10;
#else
inline constexpr int kSlowness = 1;
#endif

// VDE_TEST_EFFORT in the environment, a number, 1 being what test runs do: 10 is ten times as many
// images, operations, seeds. Without it what CMake sets for the program, which is less under
// sanitizers.
[[nodiscard]] double test_effort(double otherwise = VDE_TEST_EFFORT_DEFAULT);

// So many things where there are `amount` at effort 1, but one at least.
[[nodiscard]] uint64_t scaled(uint64_t amount, double effort = test_effort());

// Every how many things of a list one is taken where it is every `step` of them at effort 1. Odd
// where it is not 1, so that what takes turns in the list takes turns here.
[[nodiscard]] uint64_t stretched(uint64_t step = 1, double effort = test_effort());

}  // namespace vde::test
