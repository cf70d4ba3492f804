// Seeds played in processes of their own, so that one that crashes or hangs is counted, and the
// others go on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "vde/bytes.h"

namespace vde::test {

// Plays the seeds of `seeds`, whose begin and end are numbers, in `jobs` processes. `note` is
// called here with what `play` returned in a process, or with nothing where that one ended on the
// way.
void run_seeds(BlockRange seeds, unsigned jobs, const std::function<uint32_t(uint64_t)>& play,
               const std::function<void(uint64_t, std::optional<uint32_t>)>& note);

}  // namespace vde::test
