// The commits of the killed worker: numbered states, of which any mixture can be detected.
#pragma once

#include "image/volume.h"

namespace vde::test {

// Blocks of the volume that every commit rewrites; the worker's first ones of the data area.
inline constexpr uint64_t kKillBlocks = 3;

// Makes an image of state 0 in `file`, without syncing it.
[[nodiscard]] Result<void> make_kill_image(BlockFile& file);

// Commits state `number` after the previous one: the label, all of the fixed blocks, and a run that
// replaces the last one. Some runs are large, or written directly.
[[nodiscard]] Result<void> commit_kill_state(Volume& volume, uint64_t number);

// The number of the state that `volume` is in; kDamaged if it is a mixture.
[[nodiscard]] Result<uint64_t> kill_state(Volume& volume);

}  // namespace vde::test
