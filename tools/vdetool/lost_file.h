// IMAGE.lost.jsonl: every entry that a repair loses, one JSON object per line, with its bytes if
// they can be read, although they are unverified.
#pragma once

#include <memory>
#include <string>

#include "vde/inspect.h"
#include "vde/repair.h"

namespace vde::cli {

[[nodiscard]] Json lost_json(const std::string& image, const LostEntry& entry);

// The file is created with the first entry, and removed unless it is published.
class LostFile {
 public:
  // `path` is its name; empty: IMAGE.lost.jsonl, numbered if that exists.
  LostFile(std::string image, std::string path)
      : image_(std::move(image)), path_(std::move(path)) {}

  [[nodiscard]] Result<void> add(const LostEntry& entry);
  // Makes it durable under its name. Does nothing if no entry was added.
  [[nodiscard]] Result<void> publish();
  // Its name, or empty if no entry was added.
  [[nodiscard]] const std::string& path() const { return published_; }

 private:
  [[nodiscard]] Result<void> write_out();

  std::string image_;
  std::string path_;
  std::unique_ptr<UndoTarget> file_;
  std::string waiting_;   // lines to write
  uint64_t written_ = 0;  // bytes
  std::string published_;
};

}  // namespace vde::cli
