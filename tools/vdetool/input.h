// Standard input as a stream of bytes.
#pragma once

#include "vde/activity.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde::cli {

// Fills the front of `out` with what comes next; 0 at the end. Waits for it, but ends soon with
// kInterrupted when `activity` says stop.
[[nodiscard]] Result<size_t> read_standard_input(MutableBytes out, const Activity& activity);

}  // namespace vde::cli
