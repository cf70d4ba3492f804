// An image as its last commit left it, for readers.
#pragma once

#include "journal/overlay.h"
#include "journal/recovery.h"

namespace vde {

struct CommittedView {
  std::unique_ptr<OverlayFile> file;  // looks at the file below, which it never changes
  RecoveryPlan plan;                  // what the view already has
};

// `survey` is that of `file`. kDamaged where the journal cannot be found or must not be touched.
[[nodiscard]] Result<CommittedView> view_committed(BlockFile& file, const Survey& survey);

}  // namespace vde
