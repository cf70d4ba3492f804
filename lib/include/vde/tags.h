// The tag index: keys and values attached to inodes, in key order. Image::tags() reads it,
// Change::tags() changes it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vde/activity.h"
#include "vde/error.h"
#include "vde/tag_types.h"

namespace vde {

struct ChangeState;

class TagReader {
 public:
  TagReader(TagReader&&) noexcept;
  TagReader& operator=(TagReader&&) noexcept;
  ~TagReader();

  // The number of tags, according to the index header.
  [[nodiscard]] uint64_t entry_count() const;

  // Calls `visit` for the tags with exactly `key`, and returns the number of calls. With `inode`,
  // only that inode's tag is visited, without reading the others. kDamaged if a node on the way is
  // damaged.
  [[nodiscard]] Result<uint64_t> get(std::string_view key, std::optional<int64_t> inode,
                                     const TagVisitor& visit);

  // Calls `visit` for the tags that match `query`, in key order, and returns the number of calls.
  // kDamaged.
  [[nodiscard]] Result<uint64_t> find(const TagQuery& query, const TagVisitor& visit);

  // Walks the whole tree and counts what it finds. kDamaged, kInterrupted.
  [[nodiscard]] Result<TagStats> stats(Activity& activity);

  struct State;  // internal
  [[nodiscard]] State& state() { return *state_; }

 private:
  friend class Image;
  explicit TagReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct TagBatchOptions {
  uint64_t memory = 256ull << 20;     // bytes of memory for sorting; more goes to temporary files
  std::string temporary_folder = {};  // for the temporary files; empty = $TMPDIR, else /tmp
};

// Collects any number of tags in any order for TagEditor::import(), before the image is opened.
class TagBatch {
 public:
  struct State;  // internal
  explicit TagBatch(const TagBatchOptions& options = {});
  TagBatch(TagBatch&&) noexcept;
  TagBatch& operator=(TagBatch&&) noexcept;
  ~TagBatch();

  // `line` identifies the tag in error messages: its line number in the input, from 1. kUsage for a
  // tag that no block size can hold; the message names the limit. kIo or kNoSpace if a temporary
  // file cannot be written.
  [[nodiscard]] Result<void> add(const TagView& entry, uint64_t line);

 private:
  friend class TagEditor;
  std::unique_ptr<State> state_;
};

struct TagImportOptions {
  bool replace = false;  // overwrite existing tags with the same key and inode
};

struct TagImportReport {
  uint64_t added = 0;
  uint64_t replaced = 0;
};

class TagEditor {
 public:
  // Sets a tag on an inode. Returns true if it is new, false if it replaced the tag with this key
  // and inode. kUsage for a tag that does not fit this block size; kNoSpace if the volume is full.
  [[nodiscard]] Result<bool> set(const TagEntry& entry);

  // Removes the tag `key` from `inode`. Returns false if there is no such tag.
  [[nodiscard]] Result<bool> remove(std::string_view key, int64_t inode);

  // Removes all tags from `inode`, and returns their number. Reads the whole index.
  [[nodiscard]] Result<uint64_t> remove_all(int64_t inode);

  // Adds the tags of `batch`, which cannot be used again. Errors name the line: kExists for a tag
  // that already exists or occurred before, unless `replace` is set; kUsage for a tag that does not
  // fit this block size. A large batch is merged with the existing tags into a new index. That
  // works only if import() is the first call on the tags of this change, and no other call may
  // follow (kUsage). Any error other than kUsage ends the change.
  [[nodiscard]] Result<TagImportReport> import(TagBatch& batch, const TagImportOptions& options,
                                               Activity& activity);

 private:
  friend struct ChangeState;
  explicit TagEditor(ChangeState& change) : change_(change) {}
  ChangeState& change_;
};

}  // namespace vde
