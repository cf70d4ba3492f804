// A run of verify over its images.
#pragma once

#include "verify/verify_arguments.h"

namespace vde::cli {

class Context;

// Verifies or repairs the images and prints what it finds. Returns the exit status.
[[nodiscard]] int run_verify(Context& context, const VerifyArguments& arguments);

}  // namespace vde::cli
