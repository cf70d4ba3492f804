// Undo files: the bytes that a change outside of the journal overwrites. They revert a repair
// (vde/repair.h), or the healing of a superblock group (vde/image.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "vde/storage.h"

namespace vde {

// An undo file while it is written. It has no effect before publish().
class UndoTarget {
 public:
  UndoTarget() = default;
  UndoTarget(const UndoTarget&) = delete;
  UndoTarget& operator=(const UndoTarget&) = delete;
  virtual ~UndoTarget() = default;
  // Initially empty.
  [[nodiscard]] virtual BlockFile& file() = 0;
  // Makes the file durable and gives it its name; file() stays usable.
  [[nodiscard]] virtual Result<void> publish() = 0;
};

// An undo file and its path.
struct UndoFile {
  std::string path;
  std::unique_ptr<UndoTarget> target;
};

// A superblock group that was overwritten by the other one, although no crash explains its state.
struct HealedGroup {
  BlockRange blocks;
  bool was_damaged = false;  // false: it was intact, but older
  std::string undo_file;     // path of the undo file
};

// Makes the undo file for the healing of a superblock group.
using UndoMaker = std::function<Result<UndoFile>()>;

// A new file at `path`. kExists if a file exists there, also from publish().
[[nodiscard]] Result<std::unique_ptr<UndoTarget>> new_undo_file(const std::string& path);
// IMAGE.undo, or the first of IMAGE.undo.1 to IMAGE.undo.999 that does not exist. kExists if all of
// them do.
[[nodiscard]] Result<std::string> free_undo_path(const std::string& image);
// Both at once.
[[nodiscard]] Result<UndoFile> default_undo_file(const std::string& image);

// As above, for the list of what a repair loses: IMAGE.lost.jsonl.
[[nodiscard]] Result<std::unique_ptr<UndoTarget>> new_lost_file(const std::string& path);
[[nodiscard]] Result<std::string> free_lost_path(const std::string& image);

}  // namespace vde
