// What the killed worker commits: states that are told apart by a number, and of which any mixture
// is seen.
#pragma once

#include "image/volume.h"

namespace vde::test {

// Blocks of the volume that every commit writes anew; the worker's first ones of the data area.
inline constexpr uint64_t kKillBlocks = 3;

// Makes an image of state 0 in `file`, without syncing it.
[[nodiscard]] Result<void> make_kill_image(BlockFile& file);

// Commits state `number` on top of the one before: the label, all of the fixed blocks, and a run
// of its own that takes the place of the last one. Now and then the run is large, or written
// straight home.
[[nodiscard]] Result<void> commit_kill_state(Volume& volume, uint64_t number);

// The number of the state that `volume` is in; kDamaged where it is a mixture.
[[nodiscard]] Result<uint64_t> kill_state(Volume& volume);

}  // namespace vde::test
