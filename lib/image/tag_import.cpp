#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "image/region_words.h"
#include "image/tag_batch.h"
#include "tag/tag_rebuild.h"
#include "tag/tag_search.h"
#include "vde/text.h"

namespace vde {
namespace {

// If an import has fewer tags than the existing tags divided by this, it changes the tree instead
// of building a new one.
constexpr uint64_t kRebuildFactor = 16;

tl::unexpected<Error> interrupted_import() {
  return fail(ErrorCode::kInterrupted, "interrupted");
}

tl::unexpected<Error> came_before(const SortedTag& tag, uint64_t earlier) {
  return fail(ErrorCode::kExists,
              fmt::format("line {}: inode {} already has the tag '{}' from line {}", tag.line,
                          tag.entry.inode, escape(tag.entry.key), earlier),
              "use --replace to keep the last one");
}

tl::unexpected<Error> is_there(const SortedTag& tag) {
  return fail(ErrorCode::kExists,
              fmt::format("line {}: inode {} already has the tag '{}'", tag.line, tag.entry.inode,
                          escape(tag.entry.key)),
              "use --replace to overwrite it");
}

// A tag that outlives the buffer it was read from.
class HeldTag {
 public:
  void hold(const SortedTag& tag) {
    tag_ = tag;
    char* const key = bytes_.data();
    char* const value = std::copy(tag.entry.key.begin(), tag.entry.key.end(), key);
    std::copy(tag.entry.value.begin(), tag.entry.value.end(), value);
    tag_.entry.key = {key, tag.entry.key.size()};
    tag_.entry.value = {value, tag.entry.value.size()};
  }
  [[nodiscard]] const SortedTag& tag() const { return tag_; }
  [[nodiscard]] bool has_place_of(const SortedTag& other) const {
    return tag_.entry.inode == other.entry.inode && tag_.entry.key == other.entry.key;
  }

 private:
  std::array<char, kMaxTagKey + kMaxTagValue> bytes_{};
  SortedTag tag_;
};

// The tags of a sort, one per key and inode. Tags with line 0 already exist in the index.
class UniqueTags {
 public:
  UniqueTags(TagSort& sort, bool replace) : sort_(sort), replace_(replace) {}

  [[nodiscard]] Result<void> start() {
    VDE_TRY(sort_.start_reading());
    VDE_TRY_ASSIGN(more, sort_.next(ahead_));
    more_ = more;
    return {};
  }

  // False after the last one.
  [[nodiscard]] Result<bool> next() {
    if (!more_) return false;
    held_.hold(ahead_);
    exists_ = ahead_.line == 0;
    is_duplicated_ = false;
    while (true) {
      VDE_TRY_ASSIGN(more, sort_.next(ahead_));
      more_ = more;
      if (!more_ || !held_.has_place_of(ahead_)) return true;
      VDE_TRY(resolve());
    }
  }

  [[nodiscard]] const SortedTag& tag() const { return held_.tag(); }
  // The index has a tag with this key and inode.
  [[nodiscard]] bool exists() const { return exists_; }
  // The index has several tags with this key and inode, written by another program.
  [[nodiscard]] bool is_duplicated() const { return is_duplicated_; }

 private:
  // Resolves two tags with the same key and inode: with `replace` the later line wins. Existing
  // tags sort last.
  [[nodiscard]] Result<void> resolve() {
    if (ahead_.line != 0) {
      if (!replace_) return came_before(ahead_, held_.tag().line);
      held_.hold(ahead_);
      return {};
    }
    if (held_.tag().line != 0 && !replace_) return is_there(held_.tag());
    is_duplicated_ = exists_;
    exists_ = true;
    return {};
  }

  TagSort& sort_;
  bool replace_;
  SortedTag ahead_;
  bool more_ = false;
  HeldTag held_;
  bool exists_ = false;
  bool is_duplicated_ = false;
};

class SortedImport {
 public:
  SortedImport(ChangeState& change, TagBatch::State& batch, const TagImportOptions& options,
               const Activity& activity)
      : change_(change), batch_(batch), replace_(options.replace), activity_(activity) {}

  [[nodiscard]] Result<TagImportReport> run();

 private:
  [[nodiscard]] Result<void> add_existing(TagSearch& index);
  [[nodiscard]] Result<TagImportReport> build();
  [[nodiscard]] Result<TagImportReport> change_tree();

  ChangeState& change_;
  TagBatch::State& batch_;
  bool replace_;
  const Activity& activity_;
};

// Existing tags are sorted again with the new ones: other programs store equal keys in any inode
// order.
Result<void> SortedImport::add_existing(TagSearch& index) {
  Result<void> added;
  VDE_TRY(index.find({}, [&](const TagView& entry) {
    added = activity_.stop ? interrupted_import() : batch_.add_to_sort(entry, 0);
    return added.has_value();
  }));
  return added;
}

// Builds a new index in a run of free blocks.
Result<TagImportReport> SortedImport::build() {
  Transaction& transaction = *change_.transaction;
  VDE_TRY_ASSIGN(old, transaction.regions().open_region(kTagWords));
  VDE_TRY(change_.allocator().check(transaction, old.blocks));
  TagSort& sort = batch_.sort;
  VDE_TRY_ASSIGN(bulk, TagRebuild::begin(transaction, change_.allocator(),
                                         {sort.count(), batch_.entry_bytes, sort.count()}));
  UniqueTags tags(sort, replace_);
  VDE_TRY(tags.start());
  TagImportReport report;
  while (true) {
    VDE_TRY_ASSIGN(more, tags.next());
    if (!more) break;
    if (activity_.stop) return interrupted_import();
    // A rebuilt index would lose one of them; a changed one does not.
    if (tags.is_duplicated()) return fail(ErrorCode::kNoSpace, "the index has a duplicate tag");
    VDE_TRY(bulk->add(tags.tag().entry));
    if (tags.tag().line == 0) continue;
    ++(tags.exists() ? report.replaced : report.added);
  }
  // Room for some splits before the region has to grow: one block per this many.
  constexpr uint64_t kSparePart = 64;
  const uint32_t block_size = transaction.journal().io().block_size();
  VDE_TRY(bulk->finish(old.slot, batch_.entry_bytes / block_size / kSparePart + 1));
  change_.index_rebuilt = true;
  change_.image.tag_nodes.clear();
  return report;
}

Result<TagImportReport> SortedImport::change_tree() {
  UniqueTags tags(batch_.sort, replace_);
  VDE_TRY(tags.start());
  VDE_TRY_ASSIGN(tree, open_tag_tree(change_));
  TagImportReport report;
  while (true) {
    VDE_TRY_ASSIGN(more, tags.next());
    if (!more) break;
    if (activity_.stop) return interrupted_import();
    const SortedTag& tag = tags.tag();
    if (tag.line == 0) continue;
    VDE_TRY_ASSIGN(is_new, tree->set(tag.entry));
    if (!is_new && !replace_) return is_there(tag);
    ++(is_new ? report.added : report.replaced);
  }
  return report;
}

Result<TagImportReport> SortedImport::run() {
  // Kept alive here: a recovery replaces it.
  const auto committed = change_.image.committed();
  VDE_TRY_ASSIGN(region, committed->regions.open_region(kTagWords));
  if (batch_.sort.count() == 0) return TagImportReport{};
  VDE_TRY_ASSIGN(index, TagSearch::open(committed->io, region.blocks, nullptr));
  // The number of existing tags decides, not the header's count alone: a lost or stale header may
  // count none.
  const bool many = batch_.sort.count() >= index->entry_count() / kRebuildFactor;
  if (many && !change_.tree) {
    VDE_TRY(add_existing(*index));
    VDE_TRY(batch_.sort.start_reading());
    // Other staged changes would be lost with the transaction.
    const bool alone = !change_.transaction;
    VDE_TRY(change_.start());
    auto built = build();
    if (built || built.error().code != ErrorCode::kNoSpace || !alone) return built;
    VDE_TRY(change_.restart());
  } else {
    VDE_TRY(change_.start());
  }
  return change_tree();
}

}  // namespace

Result<TagImportReport> import_batch(ChangeState& change, TagBatch::State& batch,
                                     const TagImportOptions& options, const Activity& activity) {
  return SortedImport(change, batch, options, activity).run();
}

}  // namespace vde
