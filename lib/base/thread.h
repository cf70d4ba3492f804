// Threads that may be refused.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

namespace vde {

// A thread that runs `work`, or one that is not joinable if the system has no thread to give: the
// caller then does the work itself.
template <class Work>
[[nodiscard]] std::thread start_thread(Work&& work) {
  try {
    return std::thread(std::forward<Work>(work));
  } catch (const std::system_error&) {
    return {};
  }
}

}  // namespace vde
