// Tags that were collected for an import.
#pragma once

#include <array>

#include "image/change_state.h"
#include "tag/tag_sort.h"

namespace vde {

struct TagBatch::State {
  explicit State(const TagBatchOptions& options) : sort(options.memory, options.temporary_folder) {}

  TagSort sort;
  uint64_t entry_bytes = 0;  // encoded
  // The first tag that does not fit, for each block size from 512 bytes on.
  static constexpr size_t kBlockSizes = 8;
  std::array<std::optional<Error>, kBlockSizes> misfits;

  // `line` is 0 for tags that already exist in the index.
  [[nodiscard]] Result<void> add_to_sort(const TagView& entry, uint64_t line);
  void note_misfits(const TagView& entry, uint64_t line);
  // The error for the first tag that does not fit into blocks of this size.
  [[nodiscard]] Result<void> check_fits(uint32_t block_size) const;
};

// The tag tree as `change` sees it; opens it if needed.
[[nodiscard]] Result<TagTree*> open_tag_tree(ChangeState& change);

// Stages all of `batch`. After an error the change cannot be used any more.
[[nodiscard]] Result<TagImportReport> import_batch(ChangeState& change, TagBatch::State& batch,
                                                   const TagImportOptions& options,
                                                   const Activity& activity);

}  // namespace vde
