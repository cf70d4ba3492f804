// The arguments of verify.
#pragma once

#include <string>
#include <vector>

#include "repairing.h"

namespace vde::cli {

struct VerifyArguments {
  std::vector<std::string> images;
  std::string scope = "all";
  unsigned jobs = 0;
  std::string fail_on = "error";
  std::string format = "text";
  RepairArguments repair;
};

}  // namespace vde::cli
