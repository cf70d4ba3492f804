// The probe of an image to show, however damaged.
#pragma once

#include "probe/probe.h"

namespace vde {

struct ShownProbe {
  Probe probe;
  bool from_blocks = false;  // the blocks suggest the slots; there is no table
};

// As probe_to_show(). Without a superblock, blocks have the size `block_size`, or else the one that
// their trailers show. Without a region table, the slots are those that the blocks suggest
// and `from_blocks` is set; this reads the whole file. kUsage for a block size that the format does
// not allow.
[[nodiscard]] Result<ShownProbe> probe_shown(BlockFile& file,
                                             std::optional<uint32_t> block_size = std::nullopt);

}  // namespace vde
