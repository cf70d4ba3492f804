// What reading and changing snapshots share.
#pragma once

#include "base/checked.h"
#include "format/snapshot_entry.h"
#include "journal/survey.h"
#include "vde/snapshots.h"

namespace vde {

[[nodiscard]] Snapshot public_form(const SnapshotEntry& entry);

// The slot of the snapshot table; kUnsupported where there is none, or one that is encrypted or
// compressed.
[[nodiscard]] Result<size_t> snapshot_slot(const std::vector<RegionSlot>& slots);

}  // namespace vde
