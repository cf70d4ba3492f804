// The tag index: keys and values on inodes, in key order. Image::tags() reads it, Change::tags()
// changes it.
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

  // Entries, as the header counts them.
  [[nodiscard]] uint64_t entry_count() const;

  // Hands out the entries of exactly `key`, and returns how many it handed out. With `inode`, that
  // inode's alone, found without looking at the others. kDamaged where a node on the way is.
  [[nodiscard]] Result<uint64_t> get(std::string_view key, std::optional<int64_t> inode,
                                     const TagVisitor& visit);

  // Hands out what `query` asks for in key order, and returns how many that were.
  [[nodiscard]] Result<uint64_t> find(const TagQuery& query, const TagVisitor& visit);

  // Walks the whole tree.
  [[nodiscard]] Result<TagStats> stats(Activity& activity);

 private:
  friend class Image;
  struct State;
  explicit TagReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct TagBatchOptions {
  uint64_t memory = 256ull << 20;     // bytes of anonymous memory for sorting, more goes to files
  std::string temporary_folder = {};  // of these files; empty = $TMPDIR, else /tmp
};

// Any number of entries in any order, gathered for TagEditor::import() before the image is opened.
class TagBatch {
 public:
  struct State;  // the library's own
  explicit TagBatch(const TagBatchOptions& options = {});
  TagBatch(TagBatch&&) noexcept;
  TagBatch& operator=(TagBatch&&) noexcept;
  ~TagBatch();

  // `line` names the entry in errors: the caller's number of it, from 1. kUsage, naming the limit,
  // for an entry that no block size can hold; kIo or kNoSpace where a scratch file cannot be
  // written.
  [[nodiscard]] Result<void> add(const TagView& entry, uint64_t line);

 private:
  friend class TagEditor;
  std::unique_ptr<State> state_;
};

struct TagImportOptions {
  bool replace = false;  // an entry of a key and inode that is there: replaced, else refused
};

struct TagImportReport {
  uint64_t added = 0;
  uint64_t replaced = 0;
};

class TagEditor {
 public:
  // Puts a tag on an inode: true if it is new, false if it replaced the one of this key and inode.
  // kUsage, naming the limit, for an entry that this block size cannot hold; kNoSpace where the
  // volume is full.
  [[nodiscard]] Result<bool> set(const TagEntry& entry);

  // Takes the tag `key` off `inode`: false where there is none.
  [[nodiscard]] Result<bool> remove(std::string_view key, int64_t inode);

  // Takes all tags off `inode`, and returns how many. Reads the whole index.
  [[nodiscard]] Result<uint64_t> remove_all(int64_t inode);

  // Adds the entries of `batch`, which is used up. kExists, naming the line, for an entry of a key
  // and inode that is there or came before, unless it replaces; kUsage, naming the line, for one
  // that this block size cannot hold. Many entries are merged with those that are there into a new
  // index, for which this must be the first call of the change on tags; no other may follow then
  // (kUsage). Any error but kUsage ends the change.
  [[nodiscard]] Result<TagImportReport> import(TagBatch& batch, const TagImportOptions& options,
                                               Activity& activity);

 private:
  friend struct ChangeState;
  explicit TagEditor(ChangeState& change) : change_(change) {}
  ChangeState& change_;
};

}  // namespace vde
