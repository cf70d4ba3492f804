// What is kept of an image that streams by, as a file that later passes can read.
#pragma once

#include <map>
#include <vector>

#include "io/block_io.h"

namespace vde {

class StreamFile : public BlockFile {
 public:
  StreamFile(uint32_t block_size, size_t limit) : block_size_(block_size), limit_(limit) {}

  // Keeps a block; blocks of zeros take no room. False where that would be more bytes than the
  // limit: the block is then as if it had not been there.
  bool keep(const UncheckedBlock& block);
  // The stream's length in bytes, once it is known.
  void set_size(uint64_t size) { size_ = size; }

  // kIo where a byte was not kept. Blocks that were read and hold zeros count as kept.
  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<uint64_t> size() override { return size_; }
  Result<ByteRange> next_data(ByteRange within) override { return within; }
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }
  // Nothing writes to a stream: kUnsupported.
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
  std::map<uint64_t, BlockBuffer> blocks_;  // those that are not all zero
  std::vector<BlockRange> zeros_;           // ascending runs of those that are
};

}  // namespace vde
