// Durable writes past the page cache, where the file system has them: one call instead of a write
// and an fdatasync, and no other page of the file is looked at.
#pragma once

#include <cstdlib>
#include <memory>

#include "io/file_descriptor.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

class DirectWriter {
 public:
  // True: `bytes` are durable at `offset` of the file that `fd` is open on, the same at each call.
  // False: it has to be done another way, with the same bytes. kIo: nobody knows what is on the
  // disk.
  [[nodiscard]] Result<bool> write(int fd, uint64_t offset, Bytes bytes);

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };

  [[nodiscard]] bool open(int fd);

  bool tried_ = false;
  FileDescriptor file_;  // none where such writes are not possible
  std::unique_ptr<uint8_t, Free> buffer_;
};

}  // namespace vde
