// A file in memory that remembers everything that was done to it, for tests that ask what a crash
// would have left of it.
#pragma once

#include <vector>

#include "io/memory_file.h"

namespace vde::test {

// One thing that happened to a RecordingFile.
struct LoggedEvent {
  enum class Kind {
    kWrite,   // `bytes` at byte `at`; zero() too, as zeros
    kSync,    // all before it is durable
    kResize,  // the file has `at` bytes from now on
    kAck,     // the program learned that commit `at` is durable
  };
  Kind kind = Kind::kSync;
  uint64_t at = 0;
  std::vector<uint8_t> bytes = {};
};

// Behaves as a MemoryFile; every change is also put into a log.
class RecordingFile : public MemoryFile {
 public:
  explicit RecordingFile(std::vector<uint8_t> content) : MemoryFile(std::move(content)) {}

  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<void> resize(uint64_t bytes) override;
  Result<void> zero(ByteRange range) override;

  // Notes that commit `number` was reported as done.
  void ack(uint64_t number);

  [[nodiscard]] const std::vector<LoggedEvent>& log() const { return log_; }
  [[nodiscard]] std::vector<LoggedEvent> take_log() { return std::move(log_); }

 private:
  std::vector<LoggedEvent> log_;
};

}  // namespace vde::test
