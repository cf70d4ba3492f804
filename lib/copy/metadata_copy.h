// A copy of the fixed blocks and the regions. The data area becomes a hole, and with it the bytes
// of modules and dictionaries.
#pragma once

#include "copy/copy_source.h"
#include "vde/copy.h"

namespace vde {

// Copies the metadata of the source to `to`, which must read as zeros: as it is, or scrubbed (see
// scrub/may_stay.h). Passes every damaged block to `show`. A block that cannot be read becomes a
// hole. kInterrupted. Fills `summary`. `failed_to` is set if an error is one of `to`.
[[nodiscard]] Result<void> copy_metadata(CopySource& source, BlockFile& to, bool scrubbed,
                                         const DamageVisitor& show, CopySummary& summary,
                                         bool& failed_to);

}  // namespace vde
