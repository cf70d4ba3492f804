// The arguments of verify.
#pragma once

#include <climits>
#include <string>
#include <vector>

#include "repairing.h"

namespace vde::cli {

struct VerifyArguments {
  static constexpr unsigned kAnyNumber = UINT_MAX;

  std::vector<std::string> images;
  std::string scope = "all";
  unsigned jobs = 0;
  std::string fail_on = "error";
  std::string format = "text";
  bool summary = false;
  std::string min_severity = "note";
  unsigned max_warnings = kAnyNumber;
  std::string baseline;        // file to read, or empty
  std::string write_baseline;  // file to write, or empty
  std::vector<std::string> key_files;
  RepairArguments repair;
};

}  // namespace vde::cli
