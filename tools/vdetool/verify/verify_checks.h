// Whether the arguments of verify go together.
#pragma once

#include "verify/verify_arguments.h"

namespace vde::cli {

class Context;

// Prints what is wrong; returns the exit status, kDone if nothing is.
[[nodiscard]] int check_verify_arguments(Context& context, const VerifyArguments& arguments);

// The same for the files that `repair` names besides the images: none may be one of them. A plan
// that is applied names files as well.
[[nodiscard]] int check_repair_files(Context& context, const std::vector<std::string>& images,
                                     const RepairArguments& repair);

}  // namespace vde::cli
