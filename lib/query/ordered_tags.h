// All tags of an index in groups of one key and inode, in the order of keys, inodes, values and
// blocks, in whatever order another program left them.
#pragma once

#include <span>

#include "tag/tag_cursor.h"
#include "tag/tag_sort.h"
#include "vde/activity.h"

namespace vde {

class OrderedTags {
 public:
  // `memory` bytes and a folder as for TagSort, used only if the index is not sorted. `index` and
  // `activity` must outlive this object.
  OrderedTags(TagSearch& index, uint64_t memory, std::string folder, const Activity& activity);

  // Moves to the next group; group() is empty after the last. The first call reads the whole index
  // if it is not sorted. Errors of TagCursor and TagSort; kDamaged if a sorted index has tags that
  // are not sorted.
  [[nodiscard]] Result<void> next_group();

  // The tags of this group, valid until the next call.
  [[nodiscard]] std::span<const TagEntry> group() const { return {tags_.data(), count_}; }

 private:
  [[nodiscard]] Result<void> sort_all();
  [[nodiscard]] Result<bool> read(TagView& entry);
  [[nodiscard]] Result<bool> read_tree(TagView& entry);

  TagCursor cursor_;
  const Activity& activity_;
  std::optional<TagSort> sort_;  // of an index that is not sorted
  bool is_started_ = false;
  bool is_in_leaf_ = false;
  std::vector<TagEntry> tags_;  // `count_` of the group, then maybe the first of the next one
  size_t count_ = 0;
  bool has_next_ = false;
};

}  // namespace vde
