#include "io/block_io.h"

namespace vde {

Result<uint64_t> BlockIo::blocks_in_file() const {
  VDE_TRY_ASSIGN(bytes, file_->size());
  return bytes / block_size_;
}

Result<UncheckedBlock> BlockIo::read(uint64_t number, MutableBytes buffer) const {
  if (number >= kMaxBlocks) return fail_at(number, ErrorCode::kIo, "block number out of range");
  Result<void> result = file_->read(number * block_size_, buffer.first(block_size_));
  if (!result) {
    result.error().block = number;
    return propagate(result);
  }
  return UncheckedBlock(number, buffer.first(block_size_));
}

Result<CheckedBlock> BlockIo::read_checked(uint64_t number, BlockType expected,
                                           MutableBytes buffer) const {
  VDE_TRY_ASSIGN(block, read(number, buffer));
  return block.check(expected);
}

Result<void> BlockIo::write(uint64_t number, BlockType type, uint32_t generation,
                            MutableBytes block) const {
  write_trailer(block, type, generation);
  Result<void> result = file_->write(number * block_size_, block);
  if (!result) result.error().block = number;
  return result;
}

}  // namespace vde
