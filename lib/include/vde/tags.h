// The tag index: keys and values on inodes, in key order.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vde/activity.h"
#include "vde/edit.h"
#include "vde/tag_types.h"

namespace vde {

// Reads the index of an image: one that is not being changed, or its committed_view().
class TagReader {
 public:
  virtual ~TagReader() = default;

  // `file` outlives the reader. kUnsupported where the image has no tag index (or one that must not
  // be read as one) or uses unknown features, kDamaged where its header makes no sense.
  [[nodiscard]] static Result<std::unique_ptr<TagReader>> open(BlockFile& file,
                                                               const TagReadOptions& options);

  // Entries, as the header counts them.
  [[nodiscard]] virtual uint64_t entry_count() const = 0;

  // Hands out the entries of exactly `key`, and returns how many it handed out. With `inode`, that
  // inode's alone, found without looking at the others. kDamaged where a node on the way is.
  [[nodiscard]] virtual Result<uint64_t> get(std::string_view key, std::optional<int64_t> inode,
                                             const TagVisitor& visit) = 0;

  // Hands out what `query` asks for in key order, and returns how many that were.
  [[nodiscard]] virtual Result<uint64_t> find(const TagQuery& query, const TagVisitor& visit) = 0;

  // Walks the whole tree.
  [[nodiscard]] virtual Result<TagStats> stats(Activity& activity) = 0;
};

// Changes the index of an image whose exclusive lock the caller holds. Changes count once commit()
// returned; what was not committed is gone with the writer.
class TagWriter {
 public:
  virtual ~TagWriter() = default;

  // As the edit functions of vde/edit.h open an image; kUnsupported where it has no tag index.
  [[nodiscard]] static Result<std::unique_ptr<TagWriter>> open(BlockFile& file,
                                                               const EditOptions& options);

  // Puts a tag on an inode: true if it is new, false if it replaced the one of this key and inode.
  // kUsage, naming the limit, for an entry that this block size cannot hold; kNoSpace where the
  // volume is full. After an error the changes since the last commit are gone.
  [[nodiscard]] virtual Result<bool> set(const TagEntry& entry) = 0;

  // Takes the tag `key` off `inode`: false where there is none.
  [[nodiscard]] virtual Result<bool> remove(std::string_view key, int64_t inode) = 0;

  // Takes all tags off `inode`, and returns how many. Reads the whole index.
  [[nodiscard]] virtual Result<uint64_t> remove_all(int64_t inode) = 0;

  // Makes the changes durable, all or none.
  [[nodiscard]] virtual Result<void> commit() = 0;

  // Takes the commits home, for readers that know no journal. Without it nothing is lost.
  [[nodiscard]] virtual Result<void> close() = 0;
};

struct TagImportOptions {
  bool replace = false;  // an entry of a key and inode that is there: replaced, else refused
  uint64_t memory = 256ull << 20;     // bytes of anonymous memory for sorting, more goes to files
  std::string temporary_folder = {};  // of these files; empty = $TMPDIR, else /tmp
};

struct TagImportReport {
  uint64_t added = 0;
  uint64_t replaced = 0;
};

// Adds any number of entries in any order to an index, in one commit: all or nothing.
class TagImport {
 public:
  virtual ~TagImport() = default;

  // `file` as for TagWriter.
  [[nodiscard]] static Result<std::unique_ptr<TagImport>> open(BlockFile& file,
                                                               const TagImportOptions& options,
                                                               const EditOptions& edit);

  // `line` names the entry in errors: the caller's number of it, from 1.
  [[nodiscard]] virtual Result<void> add(const TagView& entry, uint64_t line) = 0;

  // Sorts, builds and commits, and takes the result home. kExists, naming the line, for an entry of
  // a key and inode that is there or came before, unless it replaces; nothing is changed then.
  [[nodiscard]] virtual Result<TagImportReport> finish(Activity& activity) = 0;
};

}  // namespace vde
