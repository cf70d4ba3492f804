// Orders trailers, to look for blocks with the same content among many.
#pragma once

#include <tuple>

#include "format/block.h"

namespace vde {

struct TrailerOrder {
  bool operator()(const Trailer& a, const Trailer& b) const {
    return std::tie(a.checksum, a.type.value, a.generation) <
           std::tie(b.checksum, b.type.value, b.generation);
  }
};

}  // namespace vde
