#include "support/files/failing_file.h"

#include <algorithm>

#include "support/must.h"

namespace vde::test {

std::string_view to_string(FileCall call) {
  constexpr std::array<std::string_view, kFileCalls> kNames = {"read",   "write",    "sync",
                                                               "resize", "allocate", "zero"};
  return kNames.at(static_cast<size_t>(call));
}

bool FailingFile::begin(FileCall call, ByteRange bytes) {
  const uint64_t nth = ++counts_.at(static_cast<size_t>(call));
  const bool fails = failure_ && failure_->call == call &&
                     (nth == failure_->nth || (failure_->for_ever && nth > failure_->nth));
  if (call != FileCall::kRead) {
    log_.push_back({call, bytes, fails});
    if (sync_failed_) ++changes_after_failed_sync_;
  }
  if (fails) ++failures_;
  return fails;
}

tl::unexpected<Error> FailingFile::error() const {
  return fail(failure_->code, failure_->code == ErrorCode::kNoSpace ? "No space left on device"
                                                                    : "Input/output error");
}

Result<void> FailingFile::read(uint64_t offset, MutableBytes out) {
  if (begin(FileCall::kRead, {offset, offset + out.size()})) return error();
  return file_.read(offset, out);
}

Result<void> FailingFile::write(uint64_t offset, Bytes bytes) {
  const bool fails = begin(FileCall::kWrite, {offset, offset + bytes.size()});
  if (fails && !failure_->takes_effect) return error();
  if (fails) bytes = bytes.first(bytes.size() / 2);
  remember({offset, offset + bytes.size()});
  VDE_TRY(file_.write(offset, bytes));
  if (fails) return error();
  return {};
}

Result<void> FailingFile::sync() {
  if (!begin(FileCall::kSync, {})) {
    unsynced_.clear();
    return file_.sync();
  }
  sync_failed_ = true;
  if (failure_->takes_effect)
    unsynced_.clear();
  else
    lose_unsynced();
  return error();
}

Result<void> FailingFile::resize(uint64_t bytes) {
  if (begin(FileCall::kResize, {bytes, bytes})) return error();
  VDE_TRY_ASSIGN(size, file_.size());
  remember({std::min(bytes, size), size});
  return file_.resize(bytes);
}

Result<void> FailingFile::allocate(ByteRange range) {
  if (begin(FileCall::kAllocate, range)) return error();
  return file_.allocate(range);
}

Result<void> FailingFile::zero(ByteRange range) {
  const bool fails = begin(FileCall::kZero, range);
  if (fails && !failure_->takes_effect) return error();
  if (fails) range.end = range.begin + range.length() / 2;
  remember(range);
  VDE_TRY(file_.zero(range));
  if (fails) return error();
  return {};
}

void FailingFile::arm(std::optional<Failure> failure) {
  failure_ = failure;
  counts_ = {};
  failures_ = 0;
  sync_failed_ = false;
  changes_after_failed_sync_ = 0;
  log_.clear();
}

void FailingFile::remember(ByteRange bytes) {
  Undo undo;
  undo.offset = bytes.begin;
  undo.size = *file_.size();
  undo.before.resize(ByteRange{bytes.begin, std::min(bytes.end, undo.size)}.length());
  if (!undo.before.empty()) must(file_.read(undo.offset, undo.before));
  unsynced_.push_back(std::move(undo));
}

void FailingFile::lose_unsynced() {
  for (auto undo = unsynced_.rbegin(); undo != unsynced_.rend(); ++undo) {
    must(file_.resize(undo->size));
    if (!undo->before.empty()) must(file_.write(undo->offset, undo->before));
  }
  unsynced_.clear();
}

}  // namespace vde::test
