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
  // What a long operation is doing, "block trailers": a literal without quotes, or null.
  std::atomic<const char*> phase{nullptr};

  // The search for the original of a damaged block, during which `done` stays as it is.
  static constexpr uint64_t kNoBlock = UINT64_MAX;
  std::atomic<uint64_t> searched_block{kNoBlock};
  std::atomic<uint64_t> search_used{0};   // of what all searches of the operation may cost
  std::atomic<uint64_t> search_limit{0};  // the same unit; 0 = there was no search yet
};

}  // namespace vde
