// The state of an image as one number: two states are equal if their digests are.
#pragma once

#include "vde/storage.h"

namespace vde::test {

// Covers superblock, seal, region slots, and every block in use of a region or of the data area, as
// of the last commit, regardless of the journal. The journal and the locations of the groups are
// not included. Never writes; fails if the image cannot be read.
[[nodiscard]] Result<uint64_t> state_digest(BlockFile& file);

// Recovers the image in `file`, as the next writer does, and examines it. Returns an empty string
// if it can be opened, is in one of the states `allowed` before and after that, and verify finds
// nothing wrong; else the problem.
[[nodiscard]] std::string describe_trouble(BlockFile& file, std::span<const uint64_t> allowed);

}  // namespace vde::test
