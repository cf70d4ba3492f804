// Reads the written part of a range of blocks.
#pragma once

#include "io/sparse/written_runs.h"
#include "vde/activity.h"

namespace vde {

// Calls `visit` with each of `blocks` that is not in a hole of the file, in order, until it fails.
// The block is unchecked, and valid only during the call. kInterrupted, and the errors of reading.
template <class Visit>
Result<void> each_written_block(const BlockIo& io, BlockRange blocks, const Activity& activity,
                                Visit visit) {
  BlockBuffer buffer = io.make_buffer();
  return each_written_run(io, blocks, [&](BlockRange run) -> Result<void> {
    for (; !run.empty(); ++run.begin) {
      if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(block, io.read(run.begin, buffer));
      VDE_TRY(visit(block));
    }
    return {};
  });
}

}  // namespace vde
