#include "tag/tag_cursor.h"

namespace vde {
namespace {

// The memory of a mapping that a walk may use, in bytes.
constexpr uint64_t kMaxResident = uint64_t{8} << 20;

// The number of entries of a leaf that are not after the end of `range`. Needs the leaf's index.
uint32_t entries_before_end(const TagLeaf& leaf, const TagKeyRange& range) {
  TagView entry;
  const auto ends_before = [&](uint32_t i) {
    size_t at = leaf.offset(i);
    return leaf.read(at, entry) && range.ends_before(entry.key);
  };
  uint32_t end = leaf.count();
  // Most leaves lie completely within the range.
  if (end == 0 || !ends_before(end - 1)) return end;
  for (uint32_t begin = 0; begin < end;) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (ends_before(middle))
      end = middle;
    else
      begin = middle + 1;
  }
  return end;
}

}  // namespace

TagKeyRange::TagKeyRange(const TagQuery& query) : end(prefix_end(query.prefix)) {
  first = query.from && *query.from > query.prefix ? *query.from : query.prefix;
  if (query.prefix.empty()) end.reset();
  if (query.to && (!end || *query.to < *end)) {
    end = query.to;
    inclusive = true;
  }
}

Result<bool> TagCursor::next_leaf() {
  while (true) {
    VDE_TRY_ASSIGN(more, move_on());
    if (!more) return false;
    VDE_TRY(enter_leaf());
    if (at_.i < end_) return true;
  }
}

// Sets `number_` to the next leaf; false if there is none.
Result<bool> TagCursor::move_on() {
  if (state_ == State::kInLeaf) return leave_leaf();
  if (state_ == State::kChanged) return damaged("a tag leaf changed while it was read");
  if (state_ == State::kDone || search_.empty_) return false;
  state_ = State::kInLeaf;
  VDE_TRY_ASSIGN(start, search_.start_walk(
                            path_, [&](const TagInner& keys) { return keys.lower(range_.first); }));
  number_ = start;
  return true;
}

Result<bool> TagCursor::leave_leaf() {
  if (ends_range_) {
    state_ = State::kDone;
    return false;
  }
  VDE_TRY_ASSIGN(next, search_.next_in_chain(number_, next_, steps_));
  VDE_TRY_ASSIGN(following, search_.following_leaf(path_));
  if (next != following.value_or(0))
    return damaged("the chain of tag leaves differs from the tree");
  if (next == 0) {
    state_ = State::kDone;
    if (range_.first.empty()) VDE_TRY(search_.check_count(seen_));
    return false;
  }
  number_ = next;
  return true;
}

Result<void> TagCursor::enter_leaf() {
  if (++resident_ * search_.blocks_.block_size() > kMaxResident) {
    search_.blocks_.release_memory();
    resident_ = 1;
  }
  const std::optional<TagLeaf> leaf = search_.blocks_.leaf(number_);
  if (!leaf) return search_.blocks_.failure();
  leaf_ = *leaf;
  next_ = leaf_.next_leaf();
  // Prefetch the next leaf's first bytes while these are processed.
  search_.blocks_.prefetch(static_cast<uint64_t>(int64_t{next_}));
  at_ = {};
  if (last_ < range_.first) at_ = TagSearch::lower_bound(leaf_, range_.first);
  TagView entry;
  size_t byte = at_.at;
  if (at_.i < leaf_.count() && leaf_.read(byte, entry) && entry.key < last_)
    return damaged("the tag leaves are out of order");
  const bool has_known_end = !range_.end || leaf_.has_index();
  end_ = range_.end && has_known_end ? entries_before_end(leaf_, range_) : leaf_.count();
  checks_end_ = !has_known_end;
  ends_range_ = end_ < leaf_.count();
  if (at_.i < end_) seen_ += end_ - at_.i;
  return {};
}

}  // namespace vde
