// Entries that were gathered for an import.
#pragma once

#include <array>

#include "image/change_state.h"
#include "tag/tag_sort.h"

namespace vde {

struct TagBatch::State {
  explicit State(const TagBatchOptions& options) : sort(options.memory, options.temporary_folder) {}

  TagSort sort;
  uint64_t entry_bytes = 0;  // encoded
  // For each block size, 512 bytes first: the first entry that it cannot hold.
  static constexpr size_t kBlockSizes = 8;
  std::array<std::optional<Error>, kBlockSizes> misfits;

  // `line` is 0 for what the index has already.
  [[nodiscard]] Result<void> add_to_sort(const TagView& entry, uint64_t line);
  void note_misfits(const TagView& entry, uint64_t line);
  // The error of the first entry that blocks of this size cannot hold.
  [[nodiscard]] Result<void> check_fits(uint32_t block_size) const;
};

// The tree of the index as `change` has it, opened the first time.
[[nodiscard]] Result<TagTree*> open_tag_tree(ChangeState& change);

// Stages all of `batch`. Whatever fails, the change is of no use any more.
[[nodiscard]] Result<TagImportReport> import_batch(ChangeState& change, TagBatch::State& batch,
                                                   const TagImportOptions& options,
                                                   const Activity& activity);

}  // namespace vde
