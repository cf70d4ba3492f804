// BlockFile over a file descriptor: positioned reads and writes, fdatasync, SEEK_DATA, and two
// locks: an open-file-description lock for vdetool, and flock for the existing SDK's runtime.
#pragma once

#include <utility>

#include "vde/block_file.h"

namespace vde {

// The error of the last failed system call: `what`, then the system's own words for errno.
[[nodiscard]] tl::unexpected<Error> system_failure(const std::string& what);

// Owns a file descriptor; -1 is none.
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

class PosixFile : public BlockFile {
 public:
  PosixFile(FileDescriptor fd, bool is_device) : fd_(std::move(fd)), is_device_(is_device) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<uint64_t> size() override;
  [[nodiscard]] bool is_device() const override { return is_device_; }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange range) override;
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override;
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override;

  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  [[nodiscard]] Result<void> poisoned() const;

  FileDescriptor fd_;
  bool is_device_;
  bool poisoned_ = false;
};

}  // namespace vde
