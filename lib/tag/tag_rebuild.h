// A whole tag index at once, in a fresh run of blocks, written straight home in large pieces; then
// the region's slot names that run. All in one transaction: until it commits, the old index is the
// one that counts.
#pragma once

#include <memory>

#include "region/allocator.h"
#include "tag/tag_builder.h"

namespace vde {

// What is to come, so that room for it can be found. Counting too much costs room until finish();
// counting too little ends in kNoSpace.
struct TagRebuildSize {
  uint64_t entries = 0;
  uint64_t entry_bytes = 0;  // encoded: key and value bytes, and kTagEntryOverhead an entry
  uint64_t keys = 0;         // distinct ones, or `entries`: what the Bloom filter is made for
  TagDuplicates duplicates = TagDuplicates::kRefused;
};
inline constexpr uint64_t kTagEntryOverhead = 18;

class TagRebuild {
 public:
  // Takes a run of free blocks that holds what `size` announces whatever its entries look like, or
  // a smaller one if there is no such run but one that most entries would fit. The three outlive
  // the builder. kNoSpace where there is no run, or a region would have to have 2^31 bytes: the
  // entries have to go through the tree then. The transaction is of no use after any error.
  [[nodiscard]] static Result<std::unique_ptr<TagRebuild>> begin(Transaction& transaction,
                                                                 Allocator& allocator,
                                                                 const TagRebuildSize& size);
  virtual ~TagRebuild() = default;

  // As TagBuilder::add.
  [[nodiscard]] virtual Result<void> add(const TagView& entry) = 0;

  // Writes what is left, gives back the rest of the run, and makes it the region of slot `slot`,
  // whose old blocks are released. `spare` blocks behind the tree stay free for later changes.
  [[nodiscard]] virtual Result<void> finish(size_t slot, uint64_t spare) = 0;
};

}  // namespace vde
