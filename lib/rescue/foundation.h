// The fixed blocks of an image, made from what its other blocks show: for images in which no
// superblock group can be used, or whose region tables contradict the blocks.
#pragma once

#include "io/overlay_file.h"
#include "probe/block_runs.h"
#include "probe/group.h"
#include "vde/rescue.h"

namespace vde {

// What is known about the source before its fixed blocks are made.
struct RescueSource {
  BlockIo io;  // a view that can be written
  Probe probe;
  BlockRuns runs;
};

// Writes both superblock groups and the directory to the view, each field from the best source, and
// passes the sources to `show`: another copy of the block, the newest record of the journal, the
// journal's mark, the runs of blocks, the size of the file. Applies the commits that wait in the
// journal. Makes the view as long as the volume.
[[nodiscard]] Result<void> make_foundation(const RescueSource& source, const RescueOptions& options,
                                           const RescueVisitor& show, Activity& activity);

}  // namespace vde
