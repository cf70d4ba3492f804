// The blocks of a streamed image that are kept, as a file for later passes.
#pragma once

#include <map>
#include <vector>

#include "io/block_io.h"

namespace vde {

class StreamFile : public BlockFile {
 public:
  StreamFile(uint32_t block_size, size_t limit) : block_size_(block_size), limit_(limit) {}

  // Stores a block; all-zero blocks need no space. Returns false if the limit would be exceeded:
  // the block is not stored then.
  bool keep(const UncheckedBlock& block);
  // Sets the length of the stream in bytes, once it is known.
  void set_size(uint64_t size) { size_ = size; }

  // kIo if a byte was not stored. All-zero blocks of the stream count as stored.
  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<uint64_t> size() override { return size_; }
  Result<ByteRange> next_data(ByteRange within) override { return within; }
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }
  // Always fails with kUnsupported.
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange range) override;
  Result<void> zero(ByteRange range) override;

 private:
  uint32_t block_size_;
  size_t limit_;
  size_t kept_bytes_ = 0;
  uint64_t size_ = 0;
  std::map<uint64_t, BlockBuffer> blocks_;  // all that are not all zero
  std::vector<BlockRange> zeros_;           // ascending runs of all-zero blocks
};

}  // namespace vde
