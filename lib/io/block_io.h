// Reads and writes blocks of a file: reads return unverified bytes or check them, writes add the
// trailer.
#pragma once

#include <vector>

#include "format/block.h"
#include "vde/storage.h"

namespace vde {

// The bytes of one or more blocks, owned.
using BlockBuffer = std::vector<uint8_t>;

// A view of a file as blocks of one size. Does not own the file. It has no state and can be copied.
class BlockIo {
 public:
  BlockIo(BlockFile& file, uint32_t block_size) : file_(&file), block_size_(block_size) {}

  [[nodiscard]] uint32_t block_size() const { return block_size_; }
  [[nodiscard]] BlockFile& file() const { return *file_; }
  [[nodiscard]] BlockBuffer make_buffer() const { return BlockBuffer(block_size_); }

  // The number of whole blocks in the file.
  [[nodiscard]] Result<uint64_t> blocks_in_file() const;

  // Reads block `number` into `buffer` (one block long). An error names the block. The result
  // points into `buffer`.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number, MutableBytes buffer) const;
  // Same, and checks that the block is valid and has the type `expected`. kDamaged.
  [[nodiscard]] Result<CheckedBlock> read_checked(uint64_t number, BlockType expected,
                                                  MutableBytes buffer) const;

  // Adds the trailer to `block` (one block long; its last 16 bytes are overwritten) and writes it.
  [[nodiscard]] Result<void> write(uint64_t number, BlockType type, uint32_t generation,
                                   MutableBytes block) const;

  [[nodiscard]] ByteRange bytes_of(BlockRange blocks) const {
    return {blocks.begin * block_size_, blocks.end * block_size_};
  }

 private:
  BlockFile* file_;
  uint32_t block_size_;
};

}  // namespace vde
