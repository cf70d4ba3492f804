// Checks that verify finds nothing wrong.
#pragma once

#include <doctest/doctest.h>

#include "support/verify_list.h"

namespace vde::test {

// Only notes are allowed.
inline void check_clean(BlockFile& file) {
  const Verified found = verified(file);
  REQUIRE_FALSE(found.error.has_value());
  for (const Finding& finding : found.findings)
    CHECK_MESSAGE(finding.kind->severity == Severity::kNote, finding.kind->code, ": ",
                  finding.message);
}

}  // namespace vde::test
