// Measures how much memory the program requests at once. Linking allocation_watch.cpp replaces
// operator new by one that records the size.
#pragma once

#include <cstddef>

namespace vde::test {

// Forgets all earlier requests.
void reset_largest_allocation();
// Bytes of the largest single allocation by any thread since then.
[[nodiscard]] size_t largest_allocation();

}  // namespace vde::test
