// How long work tells what it has done, and is told to stop: shared by the working threads, a
// signal handler and whoever prints progress.
#pragma once

#include <atomic>
#include <cstdint>

namespace vde {

struct Activity {
  std::atomic<uint64_t> done{0};   // bytes
  std::atomic<uint64_t> total{0};  // bytes, 0 = not known
  std::atomic<bool> stop{false};   // set it, and the work ends soon with kInterrupted
};

}  // namespace vde
