// Where the journal of an image is, as its blocks show it.
#pragma once

#include <optional>

#include "probe/region_candidates.h"

namespace vde {

inline constexpr uint64_t kMinJournal = 64;  // blocks

// The header has the journal's length. It may have changed places with another block: then the
// first record, which follows it, or the other blocks of the journal show where it was. Without a
// header the journal has all blocks of its type. Nothing if there are none. kIo, kInterrupted.
[[nodiscard]] Result<std::optional<RegionCandidate>> find_journal_place(const BlockIo& io,
                                                                        const BlockRuns& found,
                                                                        uint64_t total_blocks,
                                                                        const Activity& activity);

}  // namespace vde
