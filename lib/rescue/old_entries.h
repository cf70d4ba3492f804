// Tags, snapshots and modules that only blocks outside their regions hold.
#pragma once

#include "io/overlay_file.h"
#include "probe/block_runs.h"
#include "probe/probe.h"
#include "vde/rescue.h"

namespace vde {

struct OldEntriesTask {
  BlockIo source;           // as it was found
  const BlockRuns& found;   // in the source
  const Probe& before;      // the new image before its repair, which may move regions
  BlockFile& image;         // the new image, repaired
  uint32_t block_size = 0;  // bytes
  Clock clock;
  const RescueVisitor& show;
  Activity& activity;
};

// Passes the entries that the new image does not have to `show`, as old. If a region has no valid
// block in the source, they are added to the new image: the newest version of each. Modules only if
// their bytes match their SHA-256. Returns the number of added entries.
[[nodiscard]] Result<uint64_t> use_old_entries(const OldEntriesTask& task);

}  // namespace vde
