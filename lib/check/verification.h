// Parts of a verification that other operations need: a search for wrong bits that goes on after
// the verification, because a repair verifies three times, and the committed state of the image.
#pragma once

#include "check/context.h"
#include "check/exact/search.h"
#include "vde/verify.h"

namespace vde {

// The journal of `file`, whose probe is `probe`. The committed state of an image is checked, also
// if part of it is still in the journal. No view if there is nothing to replay, or its header is
// damaged.
[[nodiscard]] JournalOnDisk read_journal(BlockFile& file, const Probe& probe);

// As verify_image(); what is wrong with damaged blocks is looked for by `search`.
[[nodiscard]] Result<VerifySummary> verify_image_with(
    BlockFile& file, const VerifyOptions& options, ExactSearch& search, Activity& activity,
    const std::function<void(const Finding&)>& report);

// Says in the summary how many damaged blocks were not tried.
void add_not_tried(const ExactSearch& search, VerifySummary& summary);

}  // namespace vde
