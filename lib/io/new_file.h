// A file that appears under its name complete or not at all.
#pragma once

#include <optional>

#include "io/posix_file.h"

namespace vde {

// Written under a temporary name in the same folder; publish() makes it durable and gives it its
// name. Destroyed before that, it leaves nothing behind.
class NewFile {
 public:
  // `target` is the final path, symbolic links already resolved. Where `replaced` is given (a file
  // that publish() will replace), its owner and permissions are taken over.
  [[nodiscard]] static Result<NewFile> create(const std::string& target,
                                              std::optional<int> replaced_descriptor);

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] BlockFile& file() { return *file_; }

  // Syncs the content, renames it to the target and syncs the folder. kExists where `replace` is
  // false and somebody made the target in the meantime.
  [[nodiscard]] Result<void> publish(bool replace);

 private:
  NewFile(std::unique_ptr<PosixFile> file, std::string temporary, std::string target);

  std::unique_ptr<PosixFile> file_;
  std::string temporary_;  // empty once published
  std::string target_;
};

}  // namespace vde
