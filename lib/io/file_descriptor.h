// A file descriptor with an owner, and errors of system calls.
#pragma once

#include <string>
#include <utility>

#include "vde/error.h"

namespace vde {

// The error of the last failed system call: `what`, followed by the text for errno.
[[nodiscard]] tl::unexpected<Error> system_failure(const std::string& what);

// Owns a file descriptor; -1 means none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace vde
