// Runs of sorted tag entries in scratch files, read as one.
#pragma once

#include <vector>

#include "io/scratch_file.h"
#include "tag/tag_record.h"

namespace vde {

class TagMerge {
 public:
  // `runs` in the order in which their entries came: of equal entries the earlier run's are first.
  // They outlive the merge, which reads each through `buffer` bytes, 2 * kMaxTagRecord at least.
  [[nodiscard]] static Result<TagMerge> open(const std::vector<const ScratchFile*>& runs,
                                             size_t buffer);

  // The next record, valid until the next call; nullptr behind the last.
  [[nodiscard]] Result<const uint8_t*> next();

 private:
  // One run, and the record that it is at.
  struct Source {
    const ScratchFile* file;
    size_t age;  // less = earlier
    std::vector<uint8_t> buffer;
    size_t at = 0;
    size_t filled = 0;
    uint64_t offset = 0;  // of the file, behind what is in the buffer

    [[nodiscard]] const uint8_t* record() const { return buffer.data() + at; }
    [[nodiscard]] bool is_empty() const { return at == filled; }
    [[nodiscard]] bool comes_before(const Source& other) const;
    [[nodiscard]] Result<void> fill();
  };

  void sift_down(size_t at);

  std::vector<Source> sources_;  // a heap, first record first
  bool first_was_taken_ = false;
};

}  // namespace vde
