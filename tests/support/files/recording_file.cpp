#include "support/files/recording_file.h"

#include <algorithm>

namespace vde::test {

Result<void> RecordingFile::write(uint64_t offset, Bytes data) {
  const uint64_t end = offset + data.size();
  if (end > bytes().size()) log_.push_back({LoggedEvent::Kind::kResize, end});
  log_.push_back({LoggedEvent::Kind::kWrite, offset, {data.begin(), data.end()}});
  return MemoryFile::write(offset, data);
}

Result<void> RecordingFile::sync() {
  log_.push_back({LoggedEvent::Kind::kSync});
  return {};
}

Result<void> RecordingFile::resize(uint64_t size) {
  log_.push_back({LoggedEvent::Kind::kResize, size});
  return MemoryFile::resize(size);
}

Result<void> RecordingFile::zero(ByteRange range) {
  range.end = std::min<uint64_t>(range.end, bytes().size());
  if (range.empty()) return {};
  log_.push_back({LoggedEvent::Kind::kWrite, range.begin, std::vector<uint8_t>(range.length(), 0)});
  return MemoryFile::zero(range);
}

void RecordingFile::ack(uint64_t number) {
  log_.push_back({LoggedEvent::Kind::kAck, number});
}

}  // namespace vde::test
