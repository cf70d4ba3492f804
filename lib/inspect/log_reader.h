// Reads one log.
#pragma once

#include "inspect/log_state.h"
#include "probe/probe.h"
#include "table/table_walk.h"

namespace vde {

// Called with every entry, also those that a filter drops: its JSON is made only on demand.
struct LogEntry {
  const LogKind& kind;
  const TableRecord& record;
  uint64_t block;                 // of the image, in which it begins
  std::optional<uint64_t> index;  // in the log; nothing if entries before it are missing
  LinkFaults faults;
};
using LogVisitor = std::function<Result<void>(const LogEntry&)>;

// The state of the log in `region`, whose content is a log. `is_plain`: neither encrypted nor
// compressed.
[[nodiscard]] Result<LogState> read_log(const BlockIo& io, const PlacedRegion& region,
                                        bool is_plain, const Activity& activity,
                                        const LogVisitor& visit);

}  // namespace vde
