// How much memory the program asks for at once. A test program that links allocation_watch.cpp has
// its operator new replaced by one that remembers.
#pragma once

#include <cstddef>

namespace vde::test {

// Forgets what was asked for so far.
void reset_largest_allocation();
// Bytes of the largest single allocation by any thread since then.
[[nodiscard]] size_t largest_allocation();

}  // namespace vde::test
