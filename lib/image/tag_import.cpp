#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "image/tag_region.h"
#include "image/volume.h"
#include "io/tag_sort.h"
#include "region/tag_bulk.h"
#include "vde/tags.h"
#include "vde/text.h"

namespace vde {
namespace {

// An import of fewer entries than this part of those that are there changes the tree instead of
// building a new one.
constexpr uint64_t kRebuildFactor = 16;

tl::unexpected<Error> interrupted_import() {
  return fail(ErrorCode::kInterrupted, "interrupted");
}

Error in_line(uint64_t line, Error error) {
  error.message = fmt::format("line {}: {}", line, error.message);
  return error;
}

tl::unexpected<Error> came_before(const SortedTag& tag, uint64_t earlier) {
  return fail(ErrorCode::kExists,
              fmt::format("line {}: inode {} has the tag '{}' from line {} already", tag.line,
                          tag.entry.inode, escape(tag.entry.key), earlier),
              "with --replace the last line counts");
}

tl::unexpected<Error> is_there(const SortedTag& tag) {
  return fail(ErrorCode::kExists,
              fmt::format("line {}: inode {} has the tag '{}' already", tag.line, tag.entry.inode,
                          escape(tag.entry.key)),
              "with --replace it gets the new value");
}

// An entry that outlives what it was read from.
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

// The entries of a sort, one for each key and inode. Those of line 0 are in the index already.
class UniqueTags {
 public:
  UniqueTags(TagSort& sort, bool replace) : sort_(sort), replace_(replace) {}

  [[nodiscard]] Result<void> start() {
    VDE_TRY(sort_.start_reading());
    VDE_TRY_ASSIGN(more, sort_.next(ahead_));
    more_ = more;
    return {};
  }

  // False behind the last.
  [[nodiscard]] Result<bool> next() {
    if (!more_) return false;
    held_.hold(ahead_);
    was_there_ = ahead_.line == 0;
    was_there_twice_ = false;
    while (true) {
      VDE_TRY_ASSIGN(more, sort_.next(ahead_));
      more_ = more;
      if (!more_ || !held_.has_place_of(ahead_)) return true;
      VDE_TRY(resolve());
    }
  }

  [[nodiscard]] const SortedTag& tag() const { return held_.tag(); }
  // The index has an entry of this key and inode.
  [[nodiscard]] bool was_there() const { return was_there_; }
  // Whoever made the index put it there more than once.
  [[nodiscard]] bool was_there_twice() const { return was_there_twice_; }

 private:
  // Two entries of one key and inode: the later line counts, if any may. What is there comes last.
  [[nodiscard]] Result<void> resolve() {
    if (ahead_.line != 0) {
      if (!replace_) return came_before(ahead_, held_.tag().line);
      held_.hold(ahead_);
      return {};
    }
    if (held_.tag().line != 0 && !replace_) return is_there(held_.tag());
    was_there_twice_ = was_there_;
    was_there_ = true;
    return {};
  }

  TagSort& sort_;
  bool replace_;
  SortedTag ahead_;
  bool more_ = false;
  HeldTag held_;
  bool was_there_ = false;
  bool was_there_twice_ = false;
};

class SortedImport : public TagImport {
 public:
  SortedImport(BlockFile& file, const TagImportOptions& options, const EditOptions& edit,
               std::unique_ptr<Volume> volume, uint64_t existing)
      : file_(file),
        options_(options),
        edit_(edit),
        volume_(std::move(volume)),
        existing_(existing),
        sort_(options.memory, options.temporary_folder) {
    block_size_ = static_cast<uint32_t>(volume_->journal().superblock().block_size);
  }

  [[nodiscard]] Result<void> add(const TagView& entry, uint64_t line) override {
    if (auto fits = check_tag_entry(entry, block_size_); !fits)
      return tl::make_unexpected(in_line(line, std::move(fits.error())));
    return add_to_sort(entry, line);
  }

  [[nodiscard]] Result<TagImportReport> finish(Activity& activity) override {
    return refused(put_in(activity));
  }

 private:
  [[nodiscard]] Result<void> add_to_sort(const TagView& entry, uint64_t line) {
    entry_bytes_ += entry.key.size() + entry.value.size() + kTagEntryOverhead;
    return sort_.add(entry, line);
  }
  [[nodiscard]] Result<TagImportReport> put_in(const Activity& activity);
  [[nodiscard]] Result<void> add_existing(const Activity& activity);
  [[nodiscard]] Result<TagImportReport> build(const Activity& activity);
  [[nodiscard]] Result<TagImportReport> change_tree(const Activity& activity);

  BlockFile& file_;
  TagImportOptions options_;
  EditOptions edit_;
  std::unique_ptr<Volume> volume_;
  uint64_t existing_;  // entries
  TagSort sort_;
  uint32_t block_size_ = 0;
  uint64_t entry_bytes_ = 0;
};

// What is there is sorted again with the rest: others' equal keys come in any order of inodes.
Result<void> SortedImport::add_existing(const Activity& activity) {
  VDE_TRY_ASSIGN(reader, TagReader::open(file_, {}));
  Result<void> added;
  VDE_TRY(reader->find({}, [&](const TagView& entry) {
    added = activity.stop ? interrupted_import() : add_to_sort(entry, 0);
    return added.has_value();
  }));
  return added;
}

Result<TagImportReport> SortedImport::build(const Activity& activity) {
  VDE_TRY_ASSIGN(transaction, volume_->begin());
  VDE_TRY_ASSIGN(slot, find_tag_slot(transaction.slots()));
  const RegionSlot& old = transaction.slots()[slot];
  if (const auto region = block_range(old.start, old.count))
    VDE_TRY(volume_->allocator().check(transaction, *region));
  VDE_TRY_ASSIGN(bulk, TagBulk::begin(transaction, volume_->allocator(),
                                      {sort_.count(), entry_bytes_, sort_.count()}));
  UniqueTags tags(sort_, options_.replace);
  VDE_TRY(tags.start());
  TagImportReport report;
  while (true) {
    VDE_TRY_ASSIGN(more, tags.next());
    if (!more) break;
    if (activity.stop) return interrupted_import();
    // A rebuilt index would lose one of them; a changed one does not.
    if (tags.was_there_twice()) return fail(ErrorCode::kNoSpace, "the index has an entry twice");
    VDE_TRY(bulk->add(tags.tag().entry));
    if (tags.tag().line == 0) continue;
    ++(tags.was_there() ? report.replaced : report.added);
  }
  // Room for some splits, before the region has to grow.
  constexpr uint64_t kSparePart = 64;
  VDE_TRY(bulk->finish(slot, entry_bytes_ / block_size_ / kSparePart + 1));
  VDE_TRY(volume_->commit(transaction));
  VDE_TRY(volume_->close());
  return report;
}

Result<TagImportReport> SortedImport::change_tree(const Activity& activity) {
  volume_.reset();
  VDE_TRY_ASSIGN(writer, TagWriter::open(file_, edit_));
  UniqueTags tags(sort_, options_.replace);
  VDE_TRY(tags.start());
  TagImportReport report;
  while (true) {
    VDE_TRY_ASSIGN(more, tags.next());
    if (!more) break;
    if (activity.stop) return interrupted_import();
    const SortedTag& tag = tags.tag();
    if (tag.line == 0) continue;
    const TagView& entry = tag.entry;
    VDE_TRY_ASSIGN(is_new, writer->set({std::string(entry.key), std::string(entry.value),
                                        entry.inode, entry.block}));
    if (!is_new && !options_.replace) return is_there(tag);
    ++(is_new ? report.added : report.replaced);
  }
  VDE_TRY(writer->commit());
  VDE_TRY(writer->close());
  return report;
}

Result<TagImportReport> SortedImport::put_in(const Activity& activity) {
  if (sort_.count() == 0) return TagImportReport{};
  if (sort_.count() >= existing_ / kRebuildFactor) {
    // Whatever the header counts: one that is lost or stale may count none.
    VDE_TRY(add_existing(activity));
    VDE_TRY(sort_.start_reading());
    auto built = build(activity);
    if (built || built.error().code != ErrorCode::kNoSpace) return built;
  }
  return change_tree(activity);
}

}  // namespace

Result<std::unique_ptr<TagImport>> TagImport::open(BlockFile& file, const TagImportOptions& options,
                                                   const EditOptions& edit) {
  VDE_TRY_ASSIGN(volume, Volume::open(file, edit));
  VDE_TRY_ASSIGN(reader, refused(TagReader::open(file, {})));
  const uint64_t existing = reader->entry_count();
  return std::unique_ptr<TagImport>(
      std::make_unique<SortedImport>(file, options, edit, std::move(volume), existing));
}

}  // namespace vde
