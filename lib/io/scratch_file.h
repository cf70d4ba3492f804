// A temporary file for data that does not fit in memory. The file has no name; the system removes
// it when the object or the process ends.
#pragma once

#include <string>

#include "io/file_descriptor.h"
#include "vde/bytes.h"

namespace vde {

// Opens an unnamed file for reading and writing in `folder`, or if that is empty in $TMPDIR, else
// in /tmp. kIo, kNoSpace.
[[nodiscard]] Result<FileDescriptor> open_scratch(const std::string& folder);

class ScratchFile {
 public:
  // As open_scratch().
  [[nodiscard]] static Result<ScratchFile> create(const std::string& folder);

  // Appends `bytes`. kNoSpace if the disk is full.
  [[nodiscard]] Result<void> append(Bytes bytes);
  // Overwrites bytes already written, at `offset`.
  [[nodiscard]] Result<void> overwrite(uint64_t offset, Bytes bytes);
  // Fills `out` with the bytes at `offset`, which must have been written.
  [[nodiscard]] Result<void> read(uint64_t offset, MutableBytes out) const;

  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  explicit ScratchFile(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
  uint64_t size_ = 0;  // bytes
};

}  // namespace vde
