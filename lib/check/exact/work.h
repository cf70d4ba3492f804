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

  // `stop` outlives this, if it is not null; once it is true, there is no work left.
  explicit Work(double seconds, const std::atomic<bool>* stop = nullptr)
      : left_(seconds > 0 ? static_cast<uint64_t>(seconds * double{kStepsPerSecond}) : 0),
        stop_(stop) {}

  [[nodiscard]] bool has(uint64_t steps) const { return steps <= left_ && !stopped(); }
  [[nodiscard]] bool stopped() const { return stop_ != nullptr && *stop_; }
  [[nodiscard]] uint64_t left() const { return left_; }
  void take(uint64_t steps) { left_ -= steps < left_ ? steps : left_; }

 private:
  uint64_t left_;
  const std::atomic<bool>* stop_;
};

// Steps that it takes to compute the checksum of so many bytes.
[[nodiscard]] constexpr uint64_t checksum_steps(uint64_t bytes) {
  return bytes / 8 + 16;
}

}  // namespace vde
