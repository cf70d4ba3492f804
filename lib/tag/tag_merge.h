// Merges runs of sorted tags in scratch files.
#pragma once

#include <vector>

#include "io/scratch_file.h"
#include "tag/tag_record.h"

namespace vde {

class TagMerge {
 public:
  // `runs` must be in insertion order: of equal tags, the earlier run's come first. The runs must
  // outlive the merge. Each is read through a buffer of `buffer` bytes, at least 2 * kMaxTagRecord.
  [[nodiscard]] static Result<TagMerge> open(const std::vector<const ScratchFile*>& runs,
                                             size_t buffer);

  // The next record, valid until the next call; null after the last.
  [[nodiscard]] Result<const uint8_t*> next();

 private:
  // One run and its current record.
  struct Source {
    const ScratchFile* file;
    size_t age;  // lower = earlier
    std::vector<uint8_t> buffer;
    size_t at = 0;
    size_t filled = 0;
    uint64_t offset = 0;  // in the file, after the bytes in the buffer

    [[nodiscard]] const uint8_t* record() const { return buffer.data() + at; }
    [[nodiscard]] bool is_empty() const { return at == filled; }
    [[nodiscard]] bool comes_before(const Source& other) const;
    [[nodiscard]] Result<void> fill();
  };

  void sift_down(size_t at);

  std::vector<Source> sources_;  // a heap, smallest record first
  bool first_was_taken_ = false;
};

}  // namespace vde
