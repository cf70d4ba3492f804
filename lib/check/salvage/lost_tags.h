// The tags that damaged blocks of an index seem to hold, without those that are kept from
// elsewhere.
#pragma once

#include <functional>
#include <memory>

#include "format/block.h"
#include "format/tag/tag_leaf.h"
#include "tag/tag_sort.h"

namespace vde {

// Called once per entry of a leaf; returns false to stop.
using TagVisitor = std::function<bool(const TagView& entry)>;

// Visits the entries of the leaf in `payload` up to one that cannot be decoded, or is all zero:
// zeros decode as an entry without key, value and inode, which no writer stores.
void each_tag(const TagLeaf& leaf, Bytes payload, const TagVisitor& visit);

// The same for a leaf whose count may be wrong: as many entries as the leaf's index counts, if it
// has one, as long as they are in order.
void each_likely_tag(Bytes payload, const TagVisitor& visit);

// The number of entries that a leaf holds, if its bytes prove that its own count is too low: the
// leaf's index describes more, or more follow in order, and only zeros after them. Else its count.
[[nodiscard]] uint32_t proven_count(Bytes payload);

// The same for a leaf with that count: visits the entries from number `first` on.
void each_proven_tag(Bytes payload, uint32_t first, const TagVisitor& visit);

class LostTags {
 public:
  using Visitor = std::function<Result<void>(const TagView& entry, uint64_t block)>;

  // Adds the tags that a damaged block seems to hold, and returns their number. Memory: 1 MiB, then
  // temporary files.
  [[nodiscard]] Result<uint64_t> add(const UncheckedBlock& block);

  // One pass: start(), then keep() for each kept tag in the order of key and inode, then finish().
  // `visit` gets each lost tag once, in the same order. There may be several passes.
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> keep(const TagView& kept, const Visitor& visit);
  [[nodiscard]] Result<void> finish(const Visitor& visit);

 private:
  [[nodiscard]] Result<void> advance();
  [[nodiscard]] Result<void> visit_next(const Visitor& visit);

  std::unique_ptr<TagSort> sort_;  // null while nothing is lost
  SortedTag next_;                 // its line is the block
  bool more_ = false;
};

}  // namespace vde
