// A walk through the tags of a range of keys, leaf by leaf. Unlike TagSearch::find(), which calls a
// visitor, it can be interrupted at every leaf, so several walks can be merged.
#pragma once

#include <optional>
#include <string>

#include "tag/tag_search.h"

namespace vde {

// The range of keys that a query allows.
struct TagKeyRange {
  explicit TagKeyRange(const TagQuery& query);

  [[nodiscard]] bool ends_before(std::string_view key) const {
    return end && (inclusive ? key > *end : key >= *end);
  }

  std::string first;               // smallest key
  std::optional<std::string> end;  // last key, or the first key after the range
  bool inclusive = false;
};

class TagCursor {
 public:
  // `search` must outlive the cursor. Several cursors of one search may be in use.
  TagCursor(TagSearch& search, const TagQuery& query) : search_(search), range_(query) {}

  // Moves to the next leaf that has tags in the range; false after the last. kDamaged as in
  // TagSearch::find(). All tags of the leaf before must have been read.
  [[nodiscard]] Result<bool> next_leaf();

  // Reads the next tag of that leaf, in key order unless the leaf is damaged; false after its last
  // one in the range. The views are valid until the search is used in another way.
  [[nodiscard]] bool read(TagView& entry) {
    if (at_.i >= end_) return false;
    // An index says where the entry is without waiting for the one before.
    if (leaf_.has_index()) at_.at = leaf_.offset(at_.i);
    if (!leaf_.read(at_.at, entry)) return stop(State::kChanged);
    if (checks_end_ && range_.ends_before(entry.key)) return stop(State::kDone);
    if (++at_.i == end_) last_.assign(entry.key);
    return true;
  }

  // kDamaged, for the leaf that next_leaf() moved to.
  [[nodiscard]] tl::unexpected<Error> damaged(std::string what) const {
    return search_.damaged(number_, std::move(what));
  }

 private:
  enum class State { kBeforeFirst, kInLeaf, kDone, kChanged };

  bool stop(State state) {
    state_ = state;
    at_.i = end_;
    return false;
  }
  [[nodiscard]] Result<bool> move_on();
  [[nodiscard]] Result<bool> leave_leaf();
  [[nodiscard]] Result<void> enter_leaf();

  TagSearch& search_;
  TagKeyRange range_;
  State state_ = State::kBeforeFirst;
  TagSearch::Path path_;
  uint64_t number_ = 0;      // of the current leaf
  TagLeaf leaf_;             // valid until the search is used in another way
  int32_t next_ = 0;         // the leaf after it, as it says
  bool ends_range_ = false;  // it has tags after the range
  bool checks_end_ = false;  // whether it has is only known once its tags are read
  TagSearch::Place at_;
  uint32_t end_ = 0;       // of its entries in the range
  std::string last_;       // the last key of the previous leaf
  uint64_t seen_ = 0;      // tags in the range so far
  uint64_t resident_ = 0;  // leaves read since memory was released
  uint64_t steps_ = 0;
};

}  // namespace vde
