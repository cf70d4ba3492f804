// What becomes of the header seal of an image that is changed.
#pragma once

#include <string>
#include <vector>

namespace vde::cli {

struct SealChoice {
  bool unseal = false;
  std::vector<std::string> key_files;
};

}  // namespace vde::cli
