// A verification's findings as a list that a test can spell out.
#pragma once

#include <string>
#include <vector>

#include "vde/verify.h"

namespace vde::test {

struct Verified {
  std::vector<std::string> codes;  // in the order in which they were reported
  std::vector<Finding> findings;
  VerifySummary summary;
  std::optional<Error> error;  // of the verification itself

  // Something other than a note was found, or nothing could be judged.
  [[nodiscard]] bool complains() const {
    return error.has_value() || summary.errors + summary.warnings > 0;
  }
};

// `jobs` is 1: small images are verified quickest on one thread.
[[nodiscard]] inline Verified verified(BlockFile& file,
                                       VerifyOptions options = {VerifyScope::kAll, 1}) {
  Verified result;
  Activity activity;
  const auto summary = verify_image(file, options, activity, [&](const Finding& finding) {
    result.codes.emplace_back(finding.kind->code);
    result.findings.push_back(finding);
  });
  if (summary)
    result.summary = *summary;
  else
    result.error = summary.error();
  return result;
}

}  // namespace vde::test
