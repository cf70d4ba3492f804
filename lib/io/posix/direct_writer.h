// Durable writes that bypass the page cache, if the file system supports them: one call instead of
// a write and an fdatasync, and no other page of the file is flushed.
#pragma once

#include <cstdlib>
#include <memory>

#include "io/file_descriptor.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

class DirectWriter {
 public:
  // Returns true if `bytes` are durable at `offset` of the file that `fd` refers to (the same file
  // in each call), false if such a write is not possible and the caller must write the bytes in
  // another way. kIo: the state on disk is unknown.
  [[nodiscard]] Result<bool> write(int fd, uint64_t offset, Bytes bytes);

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };

  [[nodiscard]] bool open(int fd);

  bool tried_ = false;
  FileDescriptor file_;  // none if such writes are not possible
  std::unique_ptr<uint8_t, Free> buffer_;
};

}  // namespace vde
