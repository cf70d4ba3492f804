// Builds a whole tag index in a new run of blocks, written directly in large pieces; then the
// region's slot is changed to that run. All in one transaction: until it commits, the old index is
// valid.
#pragma once

#include <memory>

#include "region/allocator.h"
#include "tag/tag_builder.h"

namespace vde {

// The expected input, to find enough room. Estimates that are too high cost space until finish();
// estimates that are too low lead to kNoSpace.
struct TagRebuildSize {
  uint64_t entries = 0;
  uint64_t entry_bytes = 0;  // encoded: key and value bytes, and kTagEntryOverhead per tag
  uint64_t keys = 0;         // number of distinct keys, or `entries`; sizes the Bloom filter
  TagDuplicates duplicates = TagDuplicates::kRefused;
};
inline constexpr uint64_t kTagEntryOverhead = 18;

class TagRebuild {
 public:
  // Allocates a run of free blocks that any tags with these totals fit. If there is none, allocates
  // a smaller run, which most tags fit, and fills the leaves. The three arguments must outlive the
  // result. kNoSpace if neither run is free, or if the region would reach 2^31 bytes: insert the
  // tags into the tree then. After any error the transaction cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<TagRebuild>> begin(Transaction& transaction,
                                                                 Allocator& allocator,
                                                                 const TagRebuildSize& size);
  virtual ~TagRebuild() = default;

  // As TagBuilder::add.
  [[nodiscard]] virtual Result<void> add(const TagView& entry) = 0;

  // Writes the rest, releases the unused part of the run, and makes the run the region of slot
  // `slot`, whose old blocks are released. `spare` blocks after the tree stay free for later
  // changes.
  [[nodiscard]] virtual Result<void> finish(size_t slot, uint64_t spare) = 0;
};

}  // namespace vde
