// The threads of a pass.
#pragma once

#include <functional>

#include "vde/verify.h"

namespace vde {

// Runs `work` on as many threads as `options` asks for, this one included, or on as many as the
// system gives, and returns when all are done.
void run_on_threads(const VerifyOptions& options, const std::function<void()>& work);

}  // namespace vde
