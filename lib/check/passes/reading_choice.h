// Chooses between reading and mapping for large ranges that are read once. Which one is faster
// depends on the machine and on how the bytes came into the page cache, so it is measured.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace vde {

enum class Reading { kRead, kMap };

// For one thread at a time.
class ReadingChoice {
 public:
  // How to read the next range.
  [[nodiscard]] Reading next();

  // A range could not be mapped: from now on all are read.
  void stop_mapping() { maps_ = false; }
  // Reading and checking `bytes` took this long.
  void took(Reading way, uint64_t bytes, std::chrono::nanoseconds time);

 private:
  struct Sample {
    double bytes = 0;
    double nanoseconds = 0;
  };
  [[nodiscard]] Sample& of(Reading way) { return samples_[static_cast<size_t>(way)]; }

  std::array<Sample, 2> samples_{};
  uint64_t ranges_ = 0;
  bool maps_ = true;
};

}  // namespace vde
