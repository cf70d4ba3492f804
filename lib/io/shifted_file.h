// A part of a file as a file of its own: a volume after a preamble, or within a dump of a disk.
#pragma once

#include "vde/storage.h"

namespace vde {

// Shows the bytes of `file` from `start` on. Only for reading: every change is kUnsupported.
class ShiftedFile : public BlockFile {
 public:
  ShiftedFile(std::unique_ptr<BlockFile> file, uint64_t start)
      : file_(std::move(file)), start_(start) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t, Bytes) override { return read_only(); }
  Result<void> sync() override { return {}; }
  // 0 if the file ends before `start`.
  Result<uint64_t> size() override;
  Result<void> resize(uint64_t) override { return read_only(); }
  Result<void> allocate(ByteRange) override { return read_only(); }
  Result<void> zero(ByteRange) override { return read_only(); }
  Result<ByteRange> next_data(ByteRange within) override;
  Result<void> check_reachable() override { return file_->check_reachable(); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override {
    return file_->lock(mode, wait);
  }

 private:
  static Result<void> read_only();

  std::unique_ptr<BlockFile> file_;
  uint64_t start_;
};

}  // namespace vde
