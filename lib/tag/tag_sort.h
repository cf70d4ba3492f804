// Sorts any number of tag entries in a bounded amount of memory: what does not fit goes to scratch
// files in sorted runs, which are merged in the end.
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
  // Uses about `memory` bytes of anonymous memory, or kMinSortMemory where that is less. Scratch
  // files go to `folder` as ScratchFile::create says.
  TagSort(uint64_t memory, std::string folder);

  // Key and value have at most kMaxTagKey and kMaxTagValue bytes. kIo or kNoSpace where a scratch
  // file cannot be written.
  [[nodiscard]] Result<void> add(const TagView& entry, uint64_t line);

  // The number of entries.
  [[nodiscard]] uint64_t count() const { return count_; }

  // Sorts by key bytes, then inode; equal ones stay in the order in which they came. Nothing may be
  // added after it. Called again, it starts again from the first entry.
  [[nodiscard]] Result<void> start_reading();

  // Sets `tag` to the next entry, valid until the next call; false behind the last.
  [[nodiscard]] Result<bool> next(SortedTag& tag);

 private:
  struct Run {
    std::unique_ptr<ScratchFile> file;
    unsigned level;  // how often its entries were merged
  };

  [[nodiscard]] size_t reserve() const { return static_cast<size_t>(memory_ / 8); }
  [[nodiscard]] size_t write_buffer() const;
  [[nodiscard]] Result<TagMerge> merge_from(size_t first, size_t buffer) const;
  [[nodiscard]] Result<void> spill();
  [[nodiscard]] Result<void> merge_last_runs();

  uint64_t memory_;
  std::string folder_;
  std::unique_ptr<TagArena> arena_;  // none once runs are merged
  std::vector<Run> runs_;            // the earliest entries first
  uint64_t count_ = 0;
  bool is_sorted_ = false;
  std::optional<TagMerge> merge_;  // of all runs
};

}  // namespace vde
