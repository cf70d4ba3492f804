// IMAGE.lost.jsonl: every entry that a repair loses, one JSON object per line, with its bytes if
// they can be read, although they are unverified. The counts of the lines add up to what the repair
// loses.
#pragma once

#include <memory>
#include <string>

#include "vde/repair.h"

namespace vde::cli {

// The file is removed unless it is published.
class LostFile {
 public:
  // Creates the file `path`. kExists if a file exists there.
  [[nodiscard]] static Result<LostFile> create(std::string image, std::string path);

  [[nodiscard]] Result<void> add(const LostEntry& entry);
  // Makes it durable under its name.
  [[nodiscard]] Result<void> publish();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  LostFile(std::string image, std::string path, std::unique_ptr<UndoTarget> file)
      : image_(std::move(image)), path_(std::move(path)), file_(std::move(file)) {}
  [[nodiscard]] Result<void> write_out();

  std::string image_;
  std::string path_;
  std::unique_ptr<UndoTarget> file_;
  std::string waiting_;   // lines to write
  uint64_t written_ = 0;  // bytes
};

}  // namespace vde::cli
