// A reference to a file, for those who want to own one.
#pragma once

#include "vde/storage.h"

namespace vde {

// Forwards everything to another file, which must outlive it.
class BorrowedFile : public BlockFile {
 public:
  explicit BorrowedFile(BlockFile& file) : file_(file) {}

  Result<void> read(uint64_t offset, MutableBytes out) override { return file_.read(offset, out); }
  Result<void> write(uint64_t offset, Bytes bytes) override { return file_.write(offset, bytes); }
  Result<void> sync() override { return file_.sync(); }
  Result<void> write_through(uint64_t offset, Bytes bytes) override {
    return file_.write_through(offset, bytes);
  }
  Result<uint64_t> size() override { return file_.size(); }
  [[nodiscard]] bool is_device() const override { return file_.is_device(); }
  Result<void> resize(uint64_t bytes) override { return file_.resize(bytes); }
  Result<void> allocate(ByteRange range) override { return file_.allocate(range); }
  Result<void> zero(ByteRange range) override { return file_.zero(range); }
  Result<ByteRange> next_data(ByteRange within) override { return file_.next_data(within); }
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override {
    return file_.map(range);
  }
  [[nodiscard]] std::unique_ptr<FileMapping> map_loaded(ByteRange range) override {
    return file_.map_loaded(range);
  }
  bool announce(ByteRange range) override { return file_.announce(range); }
  [[nodiscard]] bool can_announce() override { return file_.can_announce(); }
  [[nodiscard]] std::unique_ptr<FileMapping> cached(ByteRange range) override {
    return file_.cached(range);
  }
  Result<void> check_reachable() override { return file_.check_reachable(); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override {
    return file_.lock(mode, wait);
  }

 private:
  BlockFile& file_;
};

}  // namespace vde
