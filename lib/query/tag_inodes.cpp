#include "query/tag_inodes.h"

#include <algorithm>
#include <functional>

#include "tag/tag_cursor.h"

namespace vde {
namespace {

TagQuery range_of(const TagTest& test) {
  TagQuery query;
  if (test.kind == TagTest::Kind::kPrefix) query.prefix = test.key;
  if (test.kind == TagTest::Kind::kKey || test.kind == TagTest::Kind::kValue)
    query.from = query.to = test.key;
  return query;
}

// The tags of a range that pass a test, leaf by leaf.
class TestedTags {
 public:
  TestedTags(TagSearch& index, const TagTest& test, const Activity& activity)
      : cursor_(index, range_of(test)), test_(test), activity_(activity) {}

  // Reads the next leaf and appends the inodes of its tags that match. False after the last leaf.
  [[nodiscard]] Result<bool> read_leaf(std::vector<int64_t>& inodes) {
    if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(more, cursor_.next_leaf());
    TagView entry;
    while (more && cursor_.read(entry)) {
      if (!is_in_range(entry.key)) return cursor_.damaged("a tag leaf has keys out of order");
      if (test_.kind == TagTest::Kind::kValue && entry.value != test_.value) continue;
      inodes.push_back(entry.inode);
    }
    return more;
  }

  [[nodiscard]] tl::unexpected<Error> damaged(std::string what) const {
    return cursor_.damaged(std::move(what));
  }

 private:
  // The cursor looks at the ends of a leaf only.
  [[nodiscard]] bool is_in_range(std::string_view key) const {
    if (test_.kind == TagTest::Kind::kAny) return true;
    if (test_.kind == TagTest::Kind::kPrefix) return key.starts_with(test_.key);
    return key == test_.key;
  }

  TagCursor cursor_;
  const TagTest& test_;
  const Activity& activity_;
};

class RunInodes : public InodeStream {
 public:
  RunInodes(TagSearch& index, const TagTest& test, const Activity& activity)
      : tags_(index, test, activity) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t /*least*/, std::vector<int64_t>& batch) override {
    while (batch.empty()) {
      VDE_TRY_ASSIGN(more, tags_.read_leaf(batch));
      if (!more) return {};
    }
    const bool follows = !last_ || batch.front() > *last_;
    if (!follows || std::ranges::adjacent_find(batch, std::greater_equal()) != batch.end())
      return tags_.damaged("the tags of a key are not in the order of their inodes");
    last_ = batch.back();
    return {};
  }

  TestedTags tags_;
  std::optional<int64_t> last_;
};

}  // namespace

InodeStreamPtr run_inodes(TagSearch& index, const TagTest& test, const Activity& activity) {
  return std::make_unique<RunInodes>(index, test, activity);
}

Result<void> add_inodes(TagSearch& index, const TagTest& test, const Activity& activity,
                        InodeSort& sort) {
  TestedTags tags(index, test, activity);
  std::vector<int64_t> inodes;
  while (true) {
    inodes.clear();
    VDE_TRY_ASSIGN(more, tags.read_leaf(inodes));
    if (!more) return {};
    for (const int64_t inode : inodes) VDE_TRY(sort.add(inode));
  }
}

}  // namespace vde
