// The structures that a block's payload holds, by its tag and its place in its region.
#pragma once

#include <optional>

#include "format/block.h"
#include "vde/inspect.h"

namespace vde {

struct BlockPlace {
  uint64_t number = 0;            // in the image
  std::optional<uint64_t> index;  // in its region, where the region is known
};

// An array of structures (see StructureBuilder::build), empty where the tag has no structure of its
// own (data) or its place is not known. Never fails: what does not decode becomes a structure named
// "undecodable" that says why. The payload need not have been verified.
[[nodiscard]] Json decode_structures(BlockType tag, const BlockPlace& place, Bytes payload);

}  // namespace vde
