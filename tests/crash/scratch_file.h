// The disk after a crash: a file in memory that can revert changes.
#pragma once

#include <vector>

#include "vde/storage.h"

namespace vde::test {

class ScratchFile : public BlockFile {
 public:
  explicit ScratchFile(std::vector<uint8_t> content)
      : bytes_(std::move(content)), size_(bytes_.size()) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override { return size_; }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange) override { return {}; }
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }

  // Makes all changes so far permanent.
  void keep();
  // Reverts all changes since keep().
  void revert();
  [[nodiscard]] bool changed_since(size_t mark) const { return undo_.size() != mark; }
  [[nodiscard]] size_t mark() const { return undo_.size(); }

  [[nodiscard]] Bytes content() const { return Bytes(bytes_).first(size_); }

 private:
  struct Undo {
    uint64_t offset;
    size_t saved_at;  // in saved_
    size_t length;
    uint64_t size;  // of the file before
  };
  void save(uint64_t offset, size_t length);

  std::vector<uint8_t> bytes_;  // zeros after size_
  uint64_t size_;
  std::vector<Undo> undo_;
  std::vector<uint8_t> saved_;
};

}  // namespace vde::test
