// A file in memory that records all changes, for tests of what a crash would leave.
#pragma once

#include <vector>

#include "io/memory_file.h"

namespace vde::test {

// One event of a RecordingFile.
struct LoggedEvent {
  enum class Kind {
    kWrite,   // `bytes` at offset `at`; also zero(), as zeros
    kSync,    // everything before it is durable
    kResize,  // the file has `at` bytes afterwards
    kAck,     // the program was notified that commit `at` is durable
  };
  Kind kind = Kind::kSync;
  uint64_t at = 0;
  std::vector<uint8_t> bytes = {};
};

// A MemoryFile that also logs every change.
class RecordingFile : public MemoryFile {
 public:
  explicit RecordingFile(std::vector<uint8_t> content) : MemoryFile(std::move(content)) {}

  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<void> resize(uint64_t bytes) override;
  Result<void> zero(ByteRange range) override;

  // Records that commit `number` was reported as durable.
  void ack(uint64_t number);

  [[nodiscard]] const std::vector<LoggedEvent>& log() const { return log_; }
  [[nodiscard]] std::vector<LoggedEvent> take_log() { return std::move(log_); }

 private:
  std::vector<LoggedEvent> log_;
};

}  // namespace vde::test
