// Decodes the structures in a block's payload, depending on its type and its place in its region.
#pragma once

#include <optional>

#include "format/block.h"
#include "vde/inspect.h"

namespace vde {

struct BlockPlace {
  uint64_t number = 0;            // in the image
  std::optional<uint64_t> index;  // in its region, if the region is known
};

// An array of structures (see StructureBuilder::build). Empty if the type has no structure (data)
// or the place is unknown. Never fails: an invalid structure is returned as "undecodable", with the
// reason. The payload may be unverified.
[[nodiscard]] Json decode_structures(BlockType type, const BlockPlace& place, Bytes payload);

}  // namespace vde
