// Sets of inodes as streams: each set yields its inodes in ascending order, a batch at a time, and
// combined sets are merged on the way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vde/error.h"

namespace vde {

inline constexpr size_t kInodeBatch = 512;

class InodeStream {
 public:
  InodeStream() = default;
  InodeStream(const InodeStream&) = delete;
  InodeStream& operator=(const InodeStream&) = delete;
  virtual ~InodeStream() = default;

  // Moves to the first inode. Must be called before the functions below.
  [[nodiscard]] Result<void> start() { return load(INT64_MIN); }

  // False after the last inode.
  [[nodiscard]] bool has_inode() const { return at_ < batch_.size(); }
  [[nodiscard]] int64_t inode() const { return batch_[at_]; }

  // The current inode and those after it that were read already: at least one if there is one.
  [[nodiscard]] std::span<const int64_t> ready() const { return std::span(batch_).subspan(at_); }

  // Moves past `count` inodes, which must be ready.
  [[nodiscard]] Result<void> pass(size_t count) {
    at_ += count;
    if (at_ < batch_.size() || batch_.empty()) return {};
    return load(last_);
  }
  [[nodiscard]] Result<void> step() { return pass(1); }

  // Moves to the first inode that is not less than `least`; stays if the current one is.
  [[nodiscard]] Result<void> move_to(int64_t least) {
    while (has_inode() && last_ < least) VDE_TRY(load(least));
    while (has_inode() && batch_[at_] < least) ++at_;
    return {};
  }

 protected:
  // Adds the next inodes to `batch`, which is empty: ascending, each once, any number; none if
  // there are no more. Those less than `least` are not needed.
  [[nodiscard]] virtual Result<void> fill(int64_t least, std::vector<int64_t>& batch) = 0;

 private:
  [[nodiscard]] Result<void> load(int64_t least) {
    at_ = 0;
    batch_.clear();
    if (is_done_) return {};
    VDE_TRY(fill(least, batch_));
    is_done_ = batch_.empty() || batch_.back() == INT64_MAX;
    if (!batch_.empty()) last_ = batch_.back();
    return {};
  }

  std::vector<int64_t> batch_;
  size_t at_ = 0;
  int64_t last_ = INT64_MIN;  // of the batch
  bool is_done_ = false;
};

using InodeStreamPtr = std::unique_ptr<InodeStream>;

// No inode.
[[nodiscard]] InodeStreamPtr no_inodes();
// The inodes of a vector that is ascending, without duplicates.
[[nodiscard]] InodeStreamPtr inodes_of(std::shared_ptr<const std::vector<int64_t>> sorted);
// The inodes that are in all of `sets`, or in at least one. There must be at least one set.
[[nodiscard]] InodeStreamPtr intersection_of(std::vector<InodeStreamPtr> sets);
[[nodiscard]] InodeStreamPtr union_of(std::vector<InodeStreamPtr> sets);
// The inodes of `set` that are not in `other`.
[[nodiscard]] InodeStreamPtr difference_of(InodeStreamPtr set, InodeStreamPtr other);

}  // namespace vde
