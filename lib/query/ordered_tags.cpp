#include "query/ordered_tags.h"

#include <algorithm>
#include <tuple>

namespace vde {
namespace {

bool is_same_place(const TagEntry& a, const TagEntry& b) {
  return a.inode == b.inode && a.key == b.key;
}

bool is_before_in_group(const TagEntry& a, const TagEntry& b) {
  return std::tie(a.value, a.block) < std::tie(b.value, b.block);
}

}  // namespace

OrderedTags::OrderedTags(TagSearch& index, uint64_t memory, std::string folder,
                         const Activity& activity)
    : cursor_(index, {}), activity_(activity) {
  if (!index.is_sorted()) sort_.emplace(memory, std::move(folder));
}

Result<bool> OrderedTags::read_tree(TagView& entry) {
  while (!is_in_leaf_ || !cursor_.read(entry)) {
    if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(more, cursor_.next_leaf());
    is_in_leaf_ = more;
    if (!more) return false;
  }
  return true;
}

Result<void> OrderedTags::sort_all() {
  TagView entry;
  while (true) {
    VDE_TRY_ASSIGN(more, read_tree(entry));
    if (!more) return sort_->start_reading();
    VDE_TRY(sort_->add(entry, 0));
  }
}

Result<bool> OrderedTags::read(TagView& entry) {
  if (!sort_) return read_tree(entry);
  SortedTag tag;
  VDE_TRY_ASSIGN(more, sort_->next(tag));
  entry = tag.entry;
  return more;
}

// The first tag after the group is read with it, so it is kept for the next one.
Result<void> OrderedTags::next_group() {
  if (!is_started_ && sort_) VDE_TRY(sort_all());
  if (is_started_ && !has_next_) {
    count_ = 0;
    return {};
  }
  if (has_next_) std::swap(tags_[0], tags_[count_]);
  count_ = has_next_ ? 1 : 0;
  is_started_ = true;
  TagView entry;
  while (true) {
    VDE_TRY_ASSIGN(more, read(entry));
    has_next_ = more;
    if (!more) break;
    if (count_ == tags_.size()) tags_.emplace_back();
    TagEntry& tag = tags_[count_];
    tag.key.assign(entry.key);
    tag.value.assign(entry.value);
    tag.inode = entry.inode;
    tag.block = entry.block;
    if (count_ > 0 && !is_same_place(tags_[0], tag)) break;
    ++count_;
  }
  if (count_ == 0) return {};
  const TagEntry& first = tags_[0];
  if (!sort_ && has_next_ &&
      std::tie(tags_[count_].key, tags_[count_].inode) < std::tie(first.key, first.inode))
    return cursor_.damaged("the tags of a leaf are out of order");
  if (!sort_ && count_ > 1)
    return cursor_.damaged("a key and inode occurs twice in an index that excludes it");
  std::sort(tags_.begin(), tags_.begin() + static_cast<ptrdiff_t>(count_), is_before_in_group);
  return {};
}

}  // namespace vde
