// Sorts any number of inodes in bounded memory, and removes duplicates.
#pragma once

#include "query/inode_sets.h"

namespace vde {

class InodeSort {
 public:
  // Uses about `memory` bytes; sorted runs that do not fit go to a scratch file. For `folder` see
  // ScratchFile::create(). `activity` must outlive this object.
  InodeSort(uint64_t memory, std::string folder, const Activity& activity);

  // kIo or kNoSpace if a scratch file cannot be written; kInterrupted.
  [[nodiscard]] Result<void> add(int64_t inode) {
    inodes_->push_back(inode);
    return inodes_->size() < limit_ ? Result<void>{} : make_room();
  }

  // All inodes in ascending order, each once. Nothing may be added afterwards. This object must
  // outlive the stream. Errors are those of add().
  [[nodiscard]] Result<InodeStreamPtr> sorted();

  // Starts again without inodes.
  void clear();

 private:
  void sort_memory();
  [[nodiscard]] Result<void> make_room();
  [[nodiscard]] Result<void> spill();
  [[nodiscard]] Result<void> merge_first_runs(size_t count);
  [[nodiscard]] InodeStreamPtr merged(size_t count) const;

  std::string folder_;
  const Activity& activity_;
  size_t limit_;   // inodes in memory
  size_t fan_in_;  // runs merged at once
  std::shared_ptr<std::vector<int64_t>> inodes_;
  std::unique_ptr<InodeSets> file_;  // of the runs; null without one
  std::vector<InodeSet> runs_;
};

}  // namespace vde
