#include "crash/scratch_file.h"

#include <algorithm>
#include <cstring>

namespace vde::test {

Result<void> ScratchFile::read(uint64_t offset, MutableBytes out) {
  if (offset > size_ || out.size() > size_ - offset)
    return fail(ErrorCode::kIo, "read past the end of the file");
  std::memcpy(out.data(), bytes_.data() + offset, out.size());
  return {};
}

void ScratchFile::save(uint64_t offset, size_t length) {
  undo_.push_back({offset, saved_.size(), length, size_});
  const auto begin = bytes_.begin() + static_cast<ptrdiff_t>(offset);
  saved_.insert(saved_.end(), begin, begin + static_cast<ptrdiff_t>(length));
}

Result<void> ScratchFile::write(uint64_t offset, Bytes bytes) {
  const uint64_t end = offset + bytes.size();
  if (end > bytes_.size()) bytes_.resize(end);
  save(offset, bytes.size());
  size_ = std::max(size_, end);
  std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  return {};
}

Result<void> ScratchFile::resize(uint64_t size) {
  if (size < size_)
    VDE_TRY(zero({size, size_}));
  else
    save(0, 0);
  if (size > bytes_.size()) bytes_.resize(size);
  size_ = size;
  return {};
}

Result<void> ScratchFile::zero(ByteRange range) {
  range.end = std::min(range.end, size_);
  if (range.empty()) return {};
  save(range.begin, range.length());
  std::memset(bytes_.data() + range.begin, 0, range.length());
  return {};
}

Result<ByteRange> ScratchFile::next_data(ByteRange within) {
  const uint64_t end = std::min(within.end, size_);
  return ByteRange{std::min(within.begin, end), end};
}

void ScratchFile::keep() {
  undo_.clear();
  saved_.clear();
}

void ScratchFile::revert() {
  while (!undo_.empty()) {
    const Undo& undo = undo_.back();
    // A change of the size alone saved no bytes, so there may be no memory to copy from.
    if (undo.length > 0)
      std::memcpy(bytes_.data() + undo.offset, saved_.data() + undo.saved_at, undo.length);
    size_ = undo.size;
    undo_.pop_back();
  }
  saved_.clear();
}

}  // namespace vde::test
