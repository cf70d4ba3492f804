// Random bytes for tests.
#pragma once

#include "support/random.h"
#include "vde/bytes.h"

namespace vde::test {

inline void fill_randomly(MutableBytes bytes, Random& random) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
}

}  // namespace vde::test
