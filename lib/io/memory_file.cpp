#include "io/memory_file.h"

#include <algorithm>

namespace vde {

Result<void> MemoryFile::read(uint64_t offset, MutableBytes out) {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset)
    return fail(ErrorCode::kIo, "read past the end of the file");
  std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
  return {};
}

Result<void> MemoryFile::write(uint64_t offset, Bytes bytes) {
  if (offset + bytes.size() > bytes_.size()) bytes_.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<ptrdiff_t>(offset));
  return {};
}

Result<void> MemoryFile::resize(uint64_t bytes) {
  bytes_.resize(bytes);
  return {};
}

Result<void> MemoryFile::zero(ByteRange range) {
  const uint64_t end = std::min<uint64_t>(range.end, bytes_.size());
  if (range.begin < end)
    std::fill(bytes_.begin() + static_cast<ptrdiff_t>(range.begin),
              bytes_.begin() + static_cast<ptrdiff_t>(end), uint8_t{0});
  return {};
}

Result<ByteRange> MemoryFile::next_data(ByteRange within) {
  const uint64_t end = std::min<uint64_t>(within.end, bytes_.size());
  return ByteRange{std::min(within.begin, end), end};
}

}  // namespace vde
