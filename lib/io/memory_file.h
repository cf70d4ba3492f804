// A BlockFile in memory, for tests.
#pragma once

#include <vector>

#include "vde/storage.h"

namespace vde {

class MemoryFile : public BlockFile {
 public:
  MemoryFile() = default;
  explicit MemoryFile(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override { return bytes_.size(); }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange) override { return {}; }
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }

  // The content, which tests may inspect and change.
  [[nodiscard]] std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace vde
