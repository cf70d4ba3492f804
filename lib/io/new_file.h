// Creates a file atomically: it appears under its name complete or not at all.
#pragma once

#include <optional>

#include "io/posix_file.h"

namespace vde {

// The file is written under a temporary name in the same directory; publish() makes it durable and
// renames it. If the object is destroyed before that, nothing is left on disk.
class NewFile {
 public:
  // `target` is the final path; symbolic links must already be resolved. `replaced`, if given, is
  // the file that publish() will replace: see take_over_identity().
  [[nodiscard]] static Result<NewFile> create(const std::string& target,
                                              std::optional<int> replaced_descriptor);

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] BlockFile& file() { return *file_; }

  // Syncs the content, renames the file to the target and syncs the directory. kExists if `replace`
  // is false and the target was created in the meantime.
  [[nodiscard]] Result<void> publish(bool replace);

 private:
  NewFile(std::unique_ptr<PosixFile> file, std::string temporary, std::string target);

  std::unique_ptr<PosixFile> file_;
  std::string temporary_;  // empty once published
  std::string target_;
};

}  // namespace vde
