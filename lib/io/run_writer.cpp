#include "io/run_writer.h"

#include "base/piece.h"

namespace vde {

Result<void> RunWriter::add(uint64_t number, Bytes block) {
  const bool follows = number == first_ + run_.size() / io_.block_size();
  if (!follows || run_.size() + block.size() > kPieceBytes) VDE_TRY(flush());
  if (run_.empty()) first_ = number;
  run_.insert(run_.end(), block.begin(), block.end());
  return {};
}

Result<void> RunWriter::flush() {
  if (run_.empty()) return {};
  Result<void> written = io_.file().write(first_ * io_.block_size(), run_);
  if (!written) written.error().block = first_;
  run_.clear();
  return written;
}

}  // namespace vde
