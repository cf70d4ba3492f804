// Sorts any number of tags in bounded memory: tags that do not fit go to scratch files in sorted
// runs, which are merged at the end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tag/tag_arena.h"
#include "tag/tag_merge.h"

namespace vde {

inline constexpr uint64_t kMinSortMemory = uint64_t{1} << 20;  // bytes

class TagSort {
 public:
  // Uses about `memory` bytes of anonymous memory, at least kMinSortMemory. For `folder` see
  // ScratchFile::create().
  TagSort(uint64_t memory, std::string folder);

  // Key and value have at most kMaxTagKey and kMaxTagValue bytes. kIo or kNoSpace if a scratch file
  // cannot be written.
  [[nodiscard]] Result<void> add(const TagView& entry, uint64_t line);

  // The number of tags added.
  [[nodiscard]] uint64_t count() const { return count_; }

  // Sorts by key bytes, then inode; the sort is stable. Nothing may be added afterwards. Another
  // call restarts at the first tag.
  [[nodiscard]] Result<void> start_reading();

  // Sets `tag` to the next tag, valid until the next call; false after the last.
  [[nodiscard]] Result<bool> next(SortedTag& tag);

 private:
  struct Run {
    std::unique_ptr<ScratchFile> file;
    unsigned level;  // number of merges its tags went through
  };

  [[nodiscard]] size_t reserve() const { return static_cast<size_t>(memory_ / 8); }
  [[nodiscard]] size_t write_buffer() const;
  [[nodiscard]] Result<TagMerge> merge_from(size_t first, size_t buffer) const;
  [[nodiscard]] Result<void> spill();
  [[nodiscard]] Result<void> merge_last_runs();

  uint64_t memory_;
  std::string folder_;
  std::unique_ptr<TagArena> arena_;  // null once runs are merged
  std::vector<Run> runs_;            // in insertion order
  uint64_t count_ = 0;
  bool is_sorted_ = false;
  std::optional<TagMerge> merge_;  // over all runs
};

}  // namespace vde
