// A file whose Nth call of a kind fails, which keeps a list of what was asked of it, and which
// knows what a power loss would take.
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
  bool for_ever = false;  // all later ones of its kind, too
  ErrorCode code = ErrorCode::kIo;
  // What the failing call does nevertheless: a write or zeroing the first half of it, a sync all
  // of it. A sync that does nothing leaves the file as after the last one that worked, as a kernel
  // does that drops the pages it could not write.
  bool takes_effect = false;
};

// One call, as asked for; reads are counted but not listed.
struct LoggedCall {
  FileCall call = FileCall::kWrite;
  ByteRange bytes;  // of a resize: end is the new size
  bool failed = false;
};

// Hands everything on to another file, which must outlive it.
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

  // Counts start anew, and so does the list; what is unsynced stays so.
  void arm(std::optional<Failure> failure);
  [[nodiscard]] uint64_t count(FileCall call) const { return counts_[static_cast<size_t>(call)]; }
  [[nodiscard]] uint64_t failures() const { return failures_; }
  [[nodiscard]] const std::vector<LoggedCall>& log() const { return log_; }
  // Calls that would change the file, or make it durable, after a sync had failed.
  [[nodiscard]] uint64_t changes_after_failed_sync() const { return changes_after_failed_sync_; }

  // Takes back everything since the last sync that worked.
  void lose_unsynced();

 private:
  // What bytes were before a change that is not synced yet, and how long the file was.
  struct Undo {
    uint64_t offset = 0;
    std::vector<uint8_t> before;
    uint64_t size = 0;
  };

  // Counts and lists a call; true where it has to fail.
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
