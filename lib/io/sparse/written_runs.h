// Finds the written parts of a range of blocks: asks for holes once per run, not once per block.
#pragma once

#include <algorithm>

#include "base/checked.h"
#include "io/block_io.h"

namespace vde {

// Calls `visit` with each run of `blocks` that is not in a hole of the file, in order, until it
// fails. Errors are those of BlockFile::next_data().
template <class Visit>
Result<void> each_written_run(const BlockIo& io, BlockRange blocks, Visit visit) {
  while (!blocks.empty()) {
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of(blocks)));
    if (data.empty()) break;
    const BlockRange run{data.begin / io.block_size(),
                         std::min(divide_up(data.end, io.block_size()), blocks.end)};
    VDE_TRY(visit(run));
    blocks.begin = run.end;
  }
  return {};
}

}  // namespace vde
