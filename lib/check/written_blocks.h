// Reads the written part of a range of blocks.
#pragma once

#include "io/block_io.h"
#include "vde/activity.h"

namespace vde {

// Calls `visit` with each of `blocks` that is not in a hole of the file, in order, until it fails.
// The block is unchecked, and valid only during the call. kInterrupted, and the errors of reading.
template <class Visit>
Result<void> each_written_block(const BlockIo& io, BlockRange blocks, const Activity& activity,
                                Visit visit) {
  BlockBuffer buffer = io.make_buffer();
  for (; !blocks.empty(); ++blocks.begin) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of(blocks)));
    if (data.empty()) break;
    blocks.begin = data.begin / io.block_size();
    VDE_TRY_ASSIGN(block, io.read(blocks.begin, buffer));
    VDE_TRY(visit(block));
  }
  return {};
}

}  // namespace vde
