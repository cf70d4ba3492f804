// Interruptible reads from a descriptor that may block.
#pragma once

#include "vde/activity.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Reads up to out.size() bytes into `out`, and returns their number; 0 at the end of the input.
// Waits for input, but returns kInterrupted soon after `activity.stop` is set. kIo.
[[nodiscard]] Result<size_t> read_input(int descriptor, MutableBytes out, const Activity& activity);

}  // namespace vde
