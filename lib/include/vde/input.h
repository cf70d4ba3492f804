// Input that comes when it comes: a pipe, a terminal, a file.
#pragma once

#include "vde/activity.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Fills the front of `out` with what the descriptor has next, and says how many bytes that are; 0
// at the end. Waits for it, but ends soon with kInterrupted when `activity` says stop.
[[nodiscard]] Result<size_t> read_input(int descriptor, MutableBytes out, const Activity& activity);

}  // namespace vde
