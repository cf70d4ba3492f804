#include "vde/query.h"

#include <tuple>

#include "image/tag_reader.h"
#include "query/ordered_tags.h"

namespace vde {
namespace {

TagView view_of(const TagEntry& entry) {
  return {entry.key, entry.value, entry.inode, entry.block};
}

int compare_places(const TagEntry& a, const TagEntry& b) {
  const auto left = std::tie(a.key, a.inode);
  const auto right = std::tie(b.key, b.inode);
  return left < right ? -1 : right < left ? 1 : 0;
}

// Compares two groups with the same key and inode, or one with nothing.
class GroupDiff {
 public:
  GroupDiff(std::span<const TagEntry> before, std::span<const TagEntry> after) {
    // What both have is equal; the groups are sorted.
    const auto order = [](const TagEntry& entry) { return std::tie(entry.value, entry.block); };
    size_t i = 0;
    size_t j = 0;
    while (i < before.size() && j < after.size()) {
      if (before[i] == after[j]) {
        ++i;
        ++j;
      } else if (order(before[i]) < order(after[j])) {
        before_.push_back(&before[i++]);
      } else {
        after_.push_back(&after[j++]);
      }
    }
    for (; i < before.size(); ++i) before_.push_back(&before[i]);
    for (; j < after.size(); ++j) after_.push_back(&after[j]);
  }

  // The differences: what is left of both is paired as changes.
  [[nodiscard]] size_t count() const { return std::max(before_.size(), after_.size()); }
  [[nodiscard]] TagChange change(size_t i) const {
    TagChange change;
    change.kind = i >= before_.size()  ? TagChangeKind::kAdded
                  : i >= after_.size() ? TagChangeKind::kRemoved
                                       : TagChangeKind::kChanged;
    if (i < before_.size()) change.before = view_of(*before_[i]);
    if (i < after_.size()) change.after = view_of(*after_[i]);
    return change;
  }

 private:
  std::vector<const TagEntry*> before_;
  std::vector<const TagEntry*> after_;
};

// Merges the groups of two indexes.
class DiffRun {
 public:
  DiffRun(OrderedTags& before, OrderedTags& after, const TagChangeVisitor& visit,
          bool& failed_in_new)
      : before_(before), after_(after), visit_(visit), failed_in_new_(failed_in_new) {}

  [[nodiscard]] Result<uint64_t> run() {
    VDE_TRY(move_before());
    VDE_TRY(move_after());
    while (!before_.group().empty() || !after_.group().empty()) {
      const int order = compare();
      if (!show(order <= 0 ? before_.group() : std::span<const TagEntry>(),
                order >= 0 ? after_.group() : std::span<const TagEntry>()))
        break;
      if (order <= 0) VDE_TRY(move_before());
      if (order >= 0) VDE_TRY(move_after());
    }
    return count_;
  }

 private:
  [[nodiscard]] int compare() const {
    if (before_.group().empty()) return 1;
    if (after_.group().empty()) return -1;
    return compare_places(before_.group().front(), after_.group().front());
  }

  [[nodiscard]] bool show(std::span<const TagEntry> before, std::span<const TagEntry> after) {
    if (before.size() == 1 && after.size() == 1 && before.front() == after.front()) return true;
    const GroupDiff diff(before, after);
    for (size_t i = 0; i < diff.count(); ++i) {
      ++count_;
      if (!visit_(diff.change(i))) return false;
    }
    return true;
  }

  [[nodiscard]] Result<void> move_before() {
    failed_in_new_ = false;
    return before_.next_group();
  }
  [[nodiscard]] Result<void> move_after() {
    failed_in_new_ = true;
    return after_.next_group();
  }

  OrderedTags& before_;
  OrderedTags& after_;
  const TagChangeVisitor& visit_;
  bool& failed_in_new_;
  uint64_t count_ = 0;
};

}  // namespace

Result<uint64_t> TagDiff::run(Activity& activity, const TagChangeVisitor& visit) {
  const TagReader::State& before = before_.state();
  const TagReader::State& after = after_.state();
  OrderedTags old_tags(*before.search, options_.memory / 2, options_.temporary_folder, activity);
  OrderedTags new_tags(*after.search, options_.memory / 2, options_.temporary_folder, activity);
  return before.shown.read([&] {
    return after.shown.read(
        [&] { return DiffRun(old_tags, new_tags, visit, failed_in_new_).run(); });
  });
}

}  // namespace vde
