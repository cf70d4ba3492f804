// A verification's findings as a list that a test can spell out.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "vde/verify.h"

namespace vde::test {

struct Verified {
  std::vector<std::string> codes;  // in the order in which they were reported
  std::vector<Finding> findings;
  VerifySummary summary;
  std::optional<Error> error;  // of the verification itself

  // Something other than a note was found, or the image could not be checked.
  [[nodiscard]] bool complains() const {
    return error.has_value() || summary.errors + summary.warnings > 0;
  }
};

// The findings of `verify`, which is called with an Activity and a sink of findings.
template <class Verify>
[[nodiscard]] Verified collected(Verify verify) {
  Verified result;
  Activity activity;
  const auto summary = verify(activity, [&](const Finding& finding) {
    result.codes.emplace_back(finding.kind->code);
    result.findings.push_back(finding);
  });
  if (summary)
    result.summary = *summary;
  else
    result.error = summary.error();
  return result;
}

// `jobs` is 1: small images are verified fastest on one thread. Does not search for wrong bits,
// which takes longer than everything else.
[[nodiscard]] inline Verified verified(BlockFile& file,
                                       VerifyOptions options = {VerifyScope::kAll, 1, 0}) {
  return collected([&](Activity& activity, const auto& report) {
    return verify_image(file, options, activity, report);
  });
}

// Of a streamed image.
[[nodiscard]] inline Verified streamed(const StreamReader& read,
                                       VerifyOptions options = {VerifyScope::kAll, 0, 0}) {
  return collected([&](Activity& activity, const auto& report) {
    return verify_stream(read, options, activity, report);
  });
}

// Returns bytes, which must outlive it, at most `max` at a time.
[[nodiscard]] inline StreamReader reader_of(const std::vector<uint8_t>& bytes,
                                            size_t max = SIZE_MAX) {
  return [&bytes, max, at = size_t{0}](MutableBytes out) mutable -> Result<size_t> {
    const size_t count = std::min({out.size(), max, bytes.size() - at});
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
}

}  // namespace vde::test
