// The blocks of the tag index that a walk through the tree has reached.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace vde {

// One bit per block of the region. Thread-safe.
class TagsReached {
 public:
  explicit TagsReached(uint64_t blocks) : words_(blocks / 64 + 1) {}

  // False if the block was reached before.
  bool reach(uint64_t number) {
    const uint64_t bit = uint64_t{1} << (number % 64);
    return (words_[number / 64].fetch_or(bit, std::memory_order_relaxed) & bit) == 0;
  }
  [[nodiscard]] bool is_reached(uint64_t number) const {
    return (words_[number / 64].load(std::memory_order_relaxed) >> (number % 64) & 1) != 0;
  }
  void clear() {
    for (std::atomic<uint64_t>& word : words_) word.store(0, std::memory_order_relaxed);
  }

 private:
  std::vector<std::atomic<uint64_t>> words_;
};

}  // namespace vde
