// An image as of its last commit.
#pragma once

#include "io/overlay_file.h"
#include "journal/recovery.h"

namespace vde {

struct CommittedView {
  std::unique_ptr<OverlayFile> file;  // reads the file below, and never changes it
  RecoveryPlan plan;                  // the recovery that the view includes
};

// `probe` must be that of `file`. kDamaged if the journal cannot be found or must not be applied.
[[nodiscard]] Result<CommittedView> view_committed(BlockFile& file, const Probe& probe,
                                                   LostRecords lost = LostRecords::kRefuse);

// The probe of the view if there are live records in the journal; nothing otherwise, because the
// probe of the file applies then.
[[nodiscard]] Result<std::optional<Probe>> probe_replayed(const CommittedView& view);

// The checkpoint sequence of the image, or of the last commit that waits in its journal.
[[nodiscard]] int64_t last_sequence(BlockFile& file, const Probe& probe);

}  // namespace vde
