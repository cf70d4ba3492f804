// A file with unreadable sectors.
#pragma once

#include <set>

#include "vde/storage.h"

namespace vde::test {

// Forwards everything to another file, which must outlive it. Reads of one of the chosen blocks
// fail with kIo, as on a failing disk.
class FaultyFile : public BlockFile {
 public:
  FaultyFile(BlockFile& file, uint32_t block_size, std::set<uint64_t> unreadable)
      : file_(file), block_size_(block_size), unreadable_(std::move(unreadable)) {}

  Result<void> read(uint64_t offset, MutableBytes out) override {
    const auto hit = unreadable_.lower_bound(offset / block_size_);
    if (hit != unreadable_.end() && *hit * block_size_ < offset + out.size())
      return fail(ErrorCode::kIo, "Input/output error");
    return file_.read(offset, out);
  }
  Result<void> write(uint64_t offset, Bytes bytes) override { return file_.write(offset, bytes); }
  Result<void> sync() override { return file_.sync(); }
  Result<uint64_t> size() override { return file_.size(); }
  Result<void> resize(uint64_t bytes) override { return file_.resize(bytes); }
  Result<void> allocate(ByteRange range) override { return file_.allocate(range); }
  Result<void> zero(ByteRange range) override { return file_.zero(range); }
  Result<ByteRange> next_data(ByteRange within) override { return file_.next_data(within); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override {
    return file_.lock(mode, wait);
  }

 private:
  BlockFile& file_;
  uint32_t block_size_;
  std::set<uint64_t> unreadable_;
};

}  // namespace vde::test
