// The structures that a verification found intact.
#pragma once

#include "check/context.h"

namespace vde {

// For the summary: the structures that no error or warning names and that lie in the file
// completely.
[[nodiscard]] std::vector<std::string> intact_structures(const VerifyContext& context);

}  // namespace vde
