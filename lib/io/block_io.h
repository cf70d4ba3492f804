// Blocks in a file: reads that hand out unverified bytes or check them, writes that seal.
#pragma once

#include <vector>

#include "format/block.h"
#include "vde/storage.h"

namespace vde {

// The bytes of one or more blocks, owned.
using BlockBuffer = std::vector<uint8_t>;

// A view of a file as blocks of one size. Does not own the file, keeps no state: it can be copied.
class BlockIo {
 public:
  BlockIo(BlockFile& file, uint32_t block_size) : file_(&file), block_size_(block_size) {}

  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] BlockFile& file() const { return *file_; }
  [[nodiscard]] BlockBuffer make_buffer() const { return BlockBuffer(block_size_); }

  // Whole blocks that the file holds.
  [[nodiscard]] Result<uint64_t> blocks_in_file() const;

  // Reads block `number` into `buffer` (one block long). An error names the block. The result
  // points into `buffer`.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number, MutableBytes buffer) const;
  // As read(), and the block must verify and carry `expected`.
  [[nodiscard]] Result<CheckedBlock> read_checked(uint64_t number, BlockType expected,
                                                  MutableBytes buffer) const;

  // Seals `block` (one block long; its last 16 bytes are overwritten) and writes it.
  [[nodiscard]] Result<void> write(uint64_t number, BlockType tag, uint32_t generation,
                                   MutableBytes block) const;

  [[nodiscard]] ByteRange bytes_of(BlockRange blocks) const {
    return {blocks.begin * block_size_, blocks.end * block_size_};
  }

 private:
  BlockFile* file_;
  uint32_t block_size_;
};

}  // namespace vde
