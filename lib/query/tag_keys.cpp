// Distinct keys.
#include "image/tag_reader.h"
#include "query/inode_sort.h"
#include "tag/tag_cursor.h"
#include "vde/query.h"

namespace vde {
namespace {

TagQuery range_of_prefix(std::string_view prefix) {
  TagQuery query;
  query.prefix = prefix;
  return query;
}

// Counts the inodes of one key after the other.
class KeyWalk {
 public:
  KeyWalk(TagSearch& index, std::string_view prefix, const TagQueryOptions& options,
          Activity& activity, const TagKeyVisitor& visit)
      : cursor_(index, range_of_prefix(prefix)),
        prefix_(prefix),
        activity_(activity),
        visit_(visit) {
    // Elsewhere a key and inode may occur several times.
    if (!index.is_sorted())
      sort_.emplace(std::max(options.memory, kMinQueryMemory), options.temporary_folder, activity);
  }

  [[nodiscard]] Result<uint64_t> run() {
    while (!stopped_) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(more, cursor_.next_leaf());
      if (!more) break;
      TagView entry;
      while (!stopped_ && cursor_.read(entry)) VDE_TRY(add(entry));
    }
    if (!stopped_ && key_) VDE_TRY(end_key());
    return keys_;
  }

 private:
  [[nodiscard]] Result<void> add(const TagView& entry) {
    if (!key_ || entry.key != *key_) {
      if (!entry.key.starts_with(prefix_) || (key_ && entry.key < *key_))
        return cursor_.damaged("a tag leaf has keys out of order");
      if (key_) VDE_TRY(end_key());
      key_ = entry.key;
    } else if (!sort_ && entry.inode <= last_inode_) {
      return cursor_.damaged("the tags of a key are not in the order of their inodes");
    }
    last_inode_ = entry.inode;
    ++tags_;
    return sort_ ? sort_->add(entry.inode) : Result<void>{};
  }

  [[nodiscard]] Result<void> end_key() {
    if (sort_) VDE_TRY(count_distinct());
    ++keys_;
    stopped_ = !visit_({*key_, tags_});
    tags_ = 0;
    return {};
  }

  [[nodiscard]] Result<void> count_distinct() {
    VDE_TRY_ASSIGN(inodes, sort_->sorted());
    tags_ = 0;
    for (Result<void> moved = inodes->start();; moved = inodes->step()) {
      VDE_TRY(moved);
      if (!inodes->has_inode()) break;
      ++tags_;
    }
    inodes.reset();
    sort_->clear();
    return {};
  }

  TagCursor cursor_;
  std::string_view prefix_;
  Activity& activity_;
  const TagKeyVisitor& visit_;
  std::optional<InodeSort> sort_;  // in an index that is not sorted
  std::optional<std::string> key_;
  uint64_t tags_ = 0;  // of the key
  int64_t last_inode_ = 0;
  uint64_t keys_ = 0;
  bool stopped_ = false;
};

}  // namespace

Result<uint64_t> list_tag_keys(TagReader& tags, std::string_view prefix,
                               const TagQueryOptions& options, Activity& activity,
                               const TagKeyVisitor& visit) {
  const TagReader::State& state = tags.state();
  return state.shown.read(
      [&] { return KeyWalk(*state.search, prefix, options, activity, visit).run(); });
}

}  // namespace vde
