// The threads of a pass.
#pragma once

#include <functional>

#include "vde/verify.h"

namespace vde {

// How many threads `options` asks for.
[[nodiscard]] unsigned threads_of(const VerifyOptions& options);

// Runs `work` on `threads` threads, this one included, or on as many as the system gives, and
// returns when all are done.
void run_on_threads(unsigned threads, const std::function<void()>& work);

}  // namespace vde
