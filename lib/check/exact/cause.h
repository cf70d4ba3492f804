// Says in a finding what is wrong with a damaged block, where that can be found out.
#pragma once

#include "check/exact/search.h"
#include "check/reporter.h"
#include "probe/probe.h"

namespace vde {

// Whether it is about a block whose checksum does not fit.
[[nodiscard]] bool has_cause(const NewFinding& finding);
// Nothing happens to other findings.
void add_cause(ExactSearch& search, const UncheckedBlock& block, NewFinding& finding);

// The same for a block of a group or the directory, to be added to a message: "; sector 5 of the
// primary group's copy is wrong", or nothing.
[[nodiscard]] std::string fixed_block_cause(ExactSearch& search, const Probe& probe,
                                            const FixedBlock& block);

}  // namespace vde
