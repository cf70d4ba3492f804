// Copies what is written of a file; holes stay holes.
#pragma once

#include "vde/activity.h"
#include "vde/storage.h"

namespace vde {

inline constexpr size_t kPageBytes = 4096;  // what is written, or left as a hole

// Writes the pages of `piece` that are not zero to `to`, which must read as zeros at `offset`.
// Returns the number of bytes that were written.
[[nodiscard]] Result<uint64_t> write_nonzero(uint64_t offset, Bytes piece, BlockFile& to);

// Copies the first `size` bytes of `from` to `to`, which must read as zeros there. Holes, and pages
// of zeros, are not written. kInterrupted. `activity.done` grows by the bytes that were read.
[[nodiscard]] Result<void> copy_written(BlockFile& from, uint64_t size, BlockFile& to,
                                        Activity& activity);

}  // namespace vde
