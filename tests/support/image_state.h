// What an image holds for its users, as one number: two states are the same if their digests are.
#pragma once

#include "vde/storage.h"

namespace vde::test {

// Over superblock, seal, region slots, and every block of a region or of the data area that is in
// use, as the last commit left them, whether it waits in the journal or not. The journal and the
// places of the groups are not part of it. Never writes; fails where the image cannot be read.
[[nodiscard]] Result<uint64_t> state_digest(BlockFile& file);

// Recovers the image in `file`, as the next writer does, and looks at it. Empty if it is well:
// openable, in one of the states `allowed` before and after that, and clean to `verify`; else what
// is wrong with it.
[[nodiscard]] std::string describe_trouble(BlockFile& file, std::span<const uint64_t> allowed);

}  // namespace vde::test
