#include "copy/cleared_device.h"

#include <algorithm>

namespace vde {

ClearedDevice::ClearedDevice(BlockFile& device, uint64_t size, uint64_t start)
    : BorrowedFile(device), size_(size), start_(std::min(start, size)) {}

Result<void> ClearedDevice::clear(const Activity& activity) {
  constexpr uint64_t kStep = uint64_t{256} << 20;  // bytes
  VDE_TRY(BorrowedFile::zero({0, start_.size()}));
  VDE_TRY(sync());
  for (uint64_t at = start_.size(); at < size_; at += std::min(kStep, size_ - at)) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY(BorrowedFile::zero({at, std::min(at + kStep, size_)}));
  }
  return {};
}

Result<void> ClearedDevice::write(uint64_t offset, Bytes bytes) {
  if (offset < start_.size()) {
    const size_t count = std::min<uint64_t>(start_.size() - offset, bytes.size());
    std::copy_n(bytes.begin(), count, start_.begin() + static_cast<ptrdiff_t>(offset));
    bytes = bytes.subspan(count);
    offset += count;
  }
  return bytes.empty() ? Result<void>{} : BorrowedFile::write(offset, bytes);
}

Result<void> ClearedDevice::write_through(uint64_t offset, Bytes bytes) {
  VDE_TRY(write(offset, bytes));
  return sync();
}

Result<void> ClearedDevice::finish() {
  VDE_TRY(sync());
  VDE_TRY(BorrowedFile::write(0, start_));
  return sync();
}

}  // namespace vde
