// Creates a file atomically: it appears under its name complete or not at all.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "vde/storage.h"

namespace vde {

// The file that `path` leads to by symbolic links; it may be missing. kIo if they have no end.
[[nodiscard]] Result<std::string> resolve_links(std::string path);

// Gives the new file open as `fd` the owner, permissions, ACL and extended attributes of the file
// open as `replaced`. Only privileged users can change the owner; without it the new file belongs
// to the writer, and loses the set-user-id and set-group-id bits. kIo if the rest cannot be kept:
// the permissions would otherwise be wider, or attributes lost without a word.
[[nodiscard]] Result<void> take_over_identity(int fd, int replaced);

struct NewFileOptions {
  // Permissions, without the bits of the umask.
  mode_t mode = 0666;
  // The descriptor of the file that publish() will replace: see take_over_identity(). The mode does
  // not apply then.
  std::optional<int> replaced = {};
};

// The file has no name before publish(), so nothing is left of it whatever ends the process. Where
// the file system has no unnamed files, it has a temporary name in the same directory, which the
// destructor removes. publish() makes the file durable and gives it its name.
class NewFile {
 public:
  // `target` is the final path; symbolic links must already be resolved.
  [[nodiscard]] static Result<NewFile> create(const std::string& target,
                                              const NewFileOptions& options = {});

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] BlockFile& file() { return *file_; }
  // Belongs to this object. What is written to it is synced by publish(), as with file().
  [[nodiscard]] int descriptor() const { return descriptor_; }

  // Syncs the content, names the file and syncs the directory. kExists if `replace` is false and
  // the target was created in the meantime.
  [[nodiscard]] Result<void> publish(bool replace);

 private:
  NewFile(std::unique_ptr<BlockFile> file, int descriptor, std::string temporary,
          std::string target);
  [[nodiscard]] Result<void> name(bool replace);

  std::unique_ptr<BlockFile> file_;
  int descriptor_;
  std::string temporary_;  // empty if there is none
  std::string target_;
};

}  // namespace vde
