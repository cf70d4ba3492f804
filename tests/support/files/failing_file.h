// A file whose Nth call of a kind fails. It also logs calls and simulates a power loss.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "vde/storage.h"

namespace vde::test {

enum class FileCall : uint8_t { kRead, kWrite, kSync, kResize, kAllocate, kZero };
inline constexpr size_t kFileCalls = 6;
[[nodiscard]] std::string_view to_string(FileCall call);

// Which call fails, and how.
struct Failure {
  FileCall call = FileCall::kWrite;
  uint64_t nth = 1;       // of its kind, from 1
  bool for_ever = false;  // all later calls of its kind fail, too
  ErrorCode code = ErrorCode::kIo;
  // The effect of the failing call: a write or zero() does its first half, a sync all of it. A sync
  // without effect leaves the file as after the last successful one, like a kernel that drops the
  // pages it could not write.
  bool takes_effect = false;
};

// One call with its arguments; reads are counted but not logged.
struct LoggedCall {
  FileCall call = FileCall::kWrite;
  ByteRange bytes;  // of a resize: end is the new size
  bool failed = false;
};

// Forwards everything to another file, which must outlive it.
class FailingFile : public BlockFile {
 public:
  explicit FailingFile(BlockFile& file, std::optional<Failure> failure = std::nullopt)
      : file_(file), failure_(failure) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<uint64_t> size() override { return file_.size(); }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange range) override;
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override { return file_.next_data(within); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override {
    return file_.lock(mode, wait);
  }

  // Resets counts and log; unsynced changes stay unsynced.
  void arm(std::optional<Failure> failure);
  [[nodiscard]] uint64_t count(FileCall call) const { return counts_[static_cast<size_t>(call)]; }
  [[nodiscard]] uint64_t failures() const { return failures_; }
  [[nodiscard]] const std::vector<LoggedCall>& log() const { return log_; }
  // The number of calls after a failed sync that change the file or make it durable.
  [[nodiscard]] uint64_t changes_after_failed_sync() const { return changes_after_failed_sync_; }

  // Reverts everything since the last successful sync.
  void lose_unsynced();

 private:
  // The old bytes of a change that is not synced yet, and the old size of the file.
  struct Undo {
    uint64_t offset = 0;
    std::vector<uint8_t> before;
    uint64_t size = 0;
  };

  // Counts and logs a call; true if it has to fail.
  [[nodiscard]] bool begin(FileCall call, ByteRange bytes);
  [[nodiscard]] tl::unexpected<Error> error() const;
  void remember(ByteRange bytes);

  BlockFile& file_;
  std::optional<Failure> failure_;
  std::array<uint64_t, kFileCalls> counts_{};
  uint64_t failures_ = 0;
  bool sync_failed_ = false;
  uint64_t changes_after_failed_sync_ = 0;
  std::vector<LoggedCall> log_;
  std::vector<Undo> unsynced_;
};

}  // namespace vde::test
