// How much goes through the hands of a loop at once: enough that calls cost nothing beside the
// bytes, and little enough to stay in a core's own cache from being read to being hashed, copied
// and written. 1 MiB pieces made storing a module a third slower.
#pragma once

#include <cstddef>

namespace vde {

inline constexpr size_t kPieceBytes = size_t{128} << 10;

}  // namespace vde
