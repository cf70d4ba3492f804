// The entries of tables that may be damaged: those in blocks that verify.
#pragma once

#include <functional>

#include "format/region/dictionary.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "io/block_io.h"
#include "probe/probe.h"

namespace vde {

// Call `visit` for the entries in the valid blocks of the first region of that type, in order.
// Deleted snapshots are included. Holes of the file are skipped; blocks that cannot be read, too.
void each_module(const Probe& probe, const BlockIo& io,
                 const std::function<void(const ModuleEntry&)>& visit);
void each_dictionary(const Probe& probe, const BlockIo& io,
                     const std::function<void(const Dictionary&)>& visit);
void each_snapshot(const Probe& probe, const BlockIo& io,
                   const std::function<void(const SnapshotEntry&)>& visit);

}  // namespace vde
