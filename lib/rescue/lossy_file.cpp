#include "rescue/lossy_file.h"

#include <algorithm>

namespace vde {

Result<void> LossyFile::read(uint64_t offset, MutableBytes out) {
  VDE_TRY_ASSIGN(bytes, source_.size());
  if (offset > bytes || out.size() > bytes - offset)
    return fail(ErrorCode::kIo, "read past the end of the file");
  const uint64_t end = offset + out.size();
  if (!touches_lost({offset, end}) && source_.read(offset, out)) return {};
  for (uint64_t at = offset; at < end;) {
    const uint64_t to = std::min(end, (at / kSector + 1) * kSector);
    VDE_TRY(read_sector(at, out.subspan(at - offset, to - at)));
    at = to;
  }
  return {};
}

Result<void> LossyFile::read_sector(uint64_t offset, MutableBytes out) {
  if (!touches_lost({offset, offset + 1})) {
    if (source_.read(offset, out)) return {};
    VDE_TRY(source_.check_reachable());
    lose(offset / kSector * kSector);
  }
  std::fill(out.begin(), out.end(), kLostByte);
  return {};
}

bool LossyFile::touches_lost(ByteRange bytes) const {
  const std::lock_guard guard(mutex_);
  const auto next = lost_.lower_bound(bytes.end);
  return next != lost_.begin() && std::prev(next)->second > bytes.begin;
}

void LossyFile::lose(uint64_t sector) {
  const std::lock_guard guard(mutex_);
  uint64_t begin = sector;
  uint64_t end = sector + kSector;
  const auto next = lost_.find(end);
  if (next != lost_.end()) {
    end = next->second;
    lost_.erase(next);
  }
  const auto after = lost_.lower_bound(begin);
  if (after != lost_.begin() && std::prev(after)->second == begin) begin = std::prev(after)->first;
  lost_[begin] = end;
}

Result<ByteRange> LossyFile::next_data(ByteRange within) {
  Result<ByteRange> data = source_.next_data(within);
  return data ? *data : within;
}

std::vector<ByteRange> LossyFile::lost() const {
  const std::lock_guard guard(mutex_);
  std::vector<ByteRange> all;
  for (const auto& [begin, end] : lost_) all.push_back({begin, end});
  return all;
}

Result<void> LossyFile::read_only() {
  return fail(ErrorCode::kUnsupported, "the source of a rescue is only read");
}

}  // namespace vde
