// An image as its last commit left it.
#pragma once

#include "io/overlay_file.h"
#include "journal/recovery.h"

namespace vde {

struct CommittedView {
  std::unique_ptr<OverlayFile> file;  // looks at the file below, which it never changes
  RecoveryPlan plan;                  // what the view already has
};

// `probe` is that of `file`. kDamaged where the journal cannot be found or must not be touched.
[[nodiscard]] Result<CommittedView> view_committed(BlockFile& file, const Probe& probe,
                                                   LostRecords lost = LostRecords::kRefuse);

// The probe of the view where commits wait in the journal; without them that of the file is right,
// and nothing is read.
[[nodiscard]] Result<std::optional<Probe>> probe_replayed(const CommittedView& view);

}  // namespace vde
