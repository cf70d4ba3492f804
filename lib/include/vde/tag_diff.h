// Compares the tags of two images.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "vde/activity.h"
#include "vde/error.h"
#include "vde/tags.h"

namespace vde {

enum class TagChangeKind {
  kAdded,    // only the new tags have this key and inode
  kRemoved,  // only the old tags have them
  kChanged,  // value or block differ
};

// One difference. Views are valid only during the call that passes them.
struct TagChange {
  TagChangeKind kind = TagChangeKind::kAdded;
  TagView before;  // not of kAdded
  TagView after;   // not of kRemoved
};

// Return false to stop.
using TagChangeVisitor = std::function<bool(const TagChange&)>;

struct TagDiffOptions {
  // Bytes of memory for tags that have to be sorted, because another program left equal keys in any
  // order; more go to temporary files.
  uint64_t memory = 256ull << 20;
  std::string temporary_folder = {};  // for the temporary files; empty = $TMPDIR, else /tmp
};

class TagDiff {
 public:
  // Both must outlive this object. They may be of one image, but not one reader.
  TagDiff(TagReader& before, TagReader& after, TagDiffOptions options = {})
      : before_(before), after_(after), options_(std::move(options)) {}

  // Calls `visit` for each difference in the order of keys and inodes, and returns the number of
  // calls. If an index has a key and inode several times, the tags that both have are paired first.
  // kDamaged, kChangedSince; kIo or kNoSpace if a temporary file cannot be written; kInterrupted.
  [[nodiscard]] Result<uint64_t> run(Activity& activity, const TagChangeVisitor& visit);

  // After run() returned an error: it is about the new tags.
  [[nodiscard]] bool failed_in_new() const { return failed_in_new_; }

 private:
  TagReader& before_;
  TagReader& after_;
  TagDiffOptions options_;
  bool failed_in_new_ = false;
};

}  // namespace vde
