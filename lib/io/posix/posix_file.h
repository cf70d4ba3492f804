// A BlockFile for a file descriptor: positioned reads and writes, fdatasync, SEEK_DATA, and two
// locks: an open-file-description lock for vdetool, and flock for the SDK's runtime.
#pragma once

#include <utility>

#include "io/posix/direct_writer.h"
#include "vde/storage.h"

namespace vde {

class PosixFile : public BlockFile {
 public:
  PosixFile(FileDescriptor fd, bool is_device) : fd_(std::move(fd)), is_device_(is_device) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<void> write_through(uint64_t offset, Bytes bytes) override;
  Result<uint64_t> size() override;
  [[nodiscard]] bool is_device() const override { return is_device_; }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange range) override;
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override;
  [[nodiscard]] std::unique_ptr<FileMapping> map_loaded(ByteRange range) override;
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override;

  // As lock(), but returns false if another process still holds the lock.
  [[nodiscard]] Result<bool> try_lock(LockMode mode, std::chrono::milliseconds wait);
  // kInUse, naming the process that holds the lock if the system shows it.
  [[nodiscard]] tl::unexpected<Error> locked_by_another() const;

  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  [[nodiscard]] Result<void> poisoned() const;
  [[nodiscard]] tl::unexpected<Error> poison(Error error);
  // Called before each change: fails if the file is poisoned, and notes that a sync is needed.
  [[nodiscard]] Result<void> begin_change();
  void start_writing(ByteRange written);

  FileDescriptor fd_;
  bool is_device_;
  bool poisoned_ = false;
  // Some writes may not be synced yet, including those of another process.
  bool pending_ = true;
  DirectWriter direct_;
  ByteRange background_;  // written last, one after the other; the disk has not begun with it
};

}  // namespace vde
