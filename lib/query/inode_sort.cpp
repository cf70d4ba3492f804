#include "query/inode_sort.h"

namespace vde {
namespace {

// A run that is merged needs a batch of inodes and the bytes that they were read from.
constexpr uint64_t kRunMemory = 2 * kInodeBatch * sizeof(int64_t);

}  // namespace

InodeSort::InodeSort(uint64_t memory, std::string folder, const Activity& activity)
    : folder_(std::move(folder)),
      activity_(activity),
      limit_(static_cast<size_t>(std::max<uint64_t>(memory / sizeof(int64_t), 2))),
      fan_in_(static_cast<size_t>(std::clamp<uint64_t>(memory / kRunMemory, 2, 256))),
      inodes_(std::make_shared<std::vector<int64_t>>()) {
  clear();
}

void InodeSort::clear() {
  inodes_->clear();
  // Of a larger limit, only what is needed is allocated.
  constexpr size_t kMaxReserved = size_t{32} << 20;  // inodes
  inodes_->reserve(std::min(limit_, kMaxReserved));
  file_.reset();
  runs_.clear();
}

void InodeSort::sort_memory() {
  if (!std::is_sorted(inodes_->begin(), inodes_->end()))
    std::sort(inodes_->begin(), inodes_->end());
  inodes_->erase(std::unique(inodes_->begin(), inodes_->end()), inodes_->end());
}

// Inodes with many tags may leave enough room once duplicates are removed.
Result<void> InodeSort::make_room() {
  if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
  sort_memory();
  return inodes_->size() <= limit_ / 2 ? Result<void>{} : spill();
}

Result<void> InodeSort::spill() {
  if (file_ == nullptr) file_ = std::make_unique<InodeSets>(0, folder_, activity_);
  const InodeStreamPtr stream = inodes_of(inodes_);
  VDE_TRY_ASSIGN(run, file_->spill(*stream));
  runs_.push_back(run);
  inodes_->clear();
  return {};
}

InodeStreamPtr InodeSort::merged(size_t count) const {
  std::vector<InodeStreamPtr> streams;
  for (size_t i = 0; i < count; ++i) streams.push_back(file_->open(runs_[i]));
  return union_of(std::move(streams));
}

Result<void> InodeSort::merge_first_runs(size_t count) {
  const InodeStreamPtr stream = merged(count);
  VDE_TRY_ASSIGN(run, file_->spill(*stream));
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<ptrdiff_t>(count));
  runs_.push_back(run);
  return {};
}

Result<InodeStreamPtr> InodeSort::sorted() {
  if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
  sort_memory();
  if (runs_.empty()) return inodes_of(inodes_);
  if (!inodes_->empty()) VDE_TRY(spill());
  inodes_ = std::make_shared<std::vector<int64_t>>();  // frees the memory
  while (runs_.size() > fan_in_) VDE_TRY(merge_first_runs(fan_in_));
  return merged(runs_.size());
}

}  // namespace vde
