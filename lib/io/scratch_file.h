// Room on a disk for what does not fit in memory. The file has no name by which anybody could find
// it, and goes with the object or the process, however that ends.
#pragma once

#include <string>

#include "io/file_descriptor.h"
#include "vde/bytes.h"

namespace vde {

// Opens a file that has no name, for reading and writing, in `folder`; where that is empty, in
// $TMPDIR, else in /tmp.
[[nodiscard]] Result<FileDescriptor> open_scratch(const std::string& folder);

class ScratchFile {
 public:
  // As open_scratch().
  [[nodiscard]] static Result<ScratchFile> create(const std::string& folder);

  // Puts `bytes` behind what is there. kNoSpace where the disk is full.
  [[nodiscard]] Result<void> append(Bytes bytes);
  // Puts `bytes` in the place of others, which were written from byte `offset` on.
  [[nodiscard]] Result<void> overwrite(uint64_t offset, Bytes bytes);
  // Fills `out` from byte `offset` on, which must have been written.
  [[nodiscard]] Result<void> read(uint64_t offset, MutableBytes out) const;

  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  explicit ScratchFile(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
  uint64_t size_ = 0;  // bytes
};

}  // namespace vde
