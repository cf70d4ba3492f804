// What a verification can vouch for.
#pragma once

#include "check/context.h"

namespace vde {

// What of the image verified whole, for the summary: structures that no error or warning names, all
// of whose blocks the file has.
[[nodiscard]] std::vector<std::string> intact_structures(const VerifyContext& context);

}  // namespace vde
