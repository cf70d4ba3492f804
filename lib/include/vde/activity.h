// Progress reporting and cancellation for long operations. Shared by worker threads, a signal
// handler and the code that prints progress.
#pragma once

#include <atomic>
#include <cstdint>

namespace vde {

struct Activity {
  std::atomic<uint64_t> done{0};   // bytes
  std::atomic<uint64_t> total{0};  // bytes, 0 = unknown
  std::atomic<bool> stop{false};   // set it to end the operation soon, with kInterrupted
};

}  // namespace vde
