// Verifying with a search for wrong bits that goes on after the verification: a repair verifies
// three times.
#pragma once

#include "check/exact/search.h"
#include "vde/verify.h"

namespace vde {

// As verify_image(); what is wrong with damaged blocks is looked for by `search`.
[[nodiscard]] Result<VerifySummary> verify_image_with(
    BlockFile& file, const VerifyOptions& options, ExactSearch& search, Activity& activity,
    const std::function<void(const Finding&)>& report);

// Says in the summary how many damaged blocks were not tried.
void add_not_tried(const ExactSearch& search, VerifySummary& summary);

}  // namespace vde
