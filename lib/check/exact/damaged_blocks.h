// Which blocks of an image a verification finds a wrong checksum in.
#pragma once

#include "check/context.h"

namespace vde {

// Ascending. Reads as the blocks' pass of a verification does. kInterrupted.
[[nodiscard]] Result<std::vector<uint64_t>> find_damaged_blocks(BlockFile& file, const Probe& probe,
                                                                const VerifyOptions& options,
                                                                Activity& activity);

// Those of a verification's findings.
[[nodiscard]] std::vector<uint64_t> damaged_blocks_of(const std::vector<Finding>& findings);

}  // namespace vde
