// How much a search may still do. It is counted, not timed: a repair runs twice and must find the
// same both times.
#pragma once

#include <atomic>
#include <cstdint>

namespace vde {

class Work {
 public:
  // Steps that a core does in a second, about.
  static constexpr uint64_t kStepsPerSecond = 2'000'000'000;

  // `stop` and `used` may be null; otherwise they outlive this. When `stop` is true, no work is
  // left. `used` counts the steps.
  explicit Work(double seconds, const std::atomic<bool>* stop = nullptr,
                std::atomic<uint64_t>* used = nullptr)
      : left_(seconds > 0 ? static_cast<uint64_t>(seconds * double{kStepsPerSecond}) : 0),
        stop_(stop),
        used_(used) {}

  [[nodiscard]] bool has(uint64_t steps) const { return steps <= left_ && !stopped(); }
  [[nodiscard]] bool stopped() const { return stop_ != nullptr && *stop_; }
  [[nodiscard]] uint64_t left() const { return left_; }
  void take(uint64_t steps) {
    left_ -= steps < left_ ? steps : left_;
    if (used_ != nullptr) *used_ += steps;
  }

 private:
  uint64_t left_;
  const std::atomic<bool>* stop_;
  std::atomic<uint64_t>* used_;
};

// Steps that it takes to compute the checksum of so many bytes.
[[nodiscard]] constexpr uint64_t checksum_steps(uint64_t bytes) {
  return bytes / 8 + 16;
}

}  // namespace vde
