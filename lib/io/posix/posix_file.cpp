#include "io/posix/posix_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "io/lock_holder.h"
#include "io/posix/file_extents.h"
#include "io/posix/posix_mapping.h"

namespace vde {
namespace {

// One lock on byte 0 represents the lock of the whole image.
constexpr off_t kLockByte = 0;

// So many bytes are given to the disk at once: enough for it to be fast.
constexpr uint64_t kBackgroundBytes = uint64_t{4} << 20;

Result<bool> lock_at_once(int fd, LockMode mode) {
  struct flock request {};
  request.l_type = mode == LockMode::kShared ? F_RDLCK : F_WRLCK;
  request.l_whence = SEEK_SET;
  request.l_start = kLockByte;
  request.l_len = 1;
  if (fcntl(fd, F_OFD_SETLK, &request) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    return system_failure("cannot lock");
  }
  const int kind = mode == LockMode::kShared ? LOCK_SH : LOCK_EX;
  if (flock(fd, kind | LOCK_NB) == 0) return true;
  const int error = errno;
  request.l_type = F_UNLCK;
  fcntl(fd, F_OFD_SETLK, &request);
  if (error == EWOULDBLOCK) return false;
  errno = error;
  return system_failure("cannot lock");
}

}  // namespace

Result<void> PosixFile::read(uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const ssize_t count = pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot read");
    if (count == 0) return fail(ErrorCode::kIo, "read past the end of the file");
    out = out.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

Result<void> PosixFile::write(uint64_t offset, Bytes bytes) {
  VDE_TRY(begin_change());
  const ByteRange range{offset, offset + bytes.size()};
  while (!bytes.empty()) {
    const ssize_t count = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot write");
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  start_writing(range);
  return {};
}

// The disk begins with what is written one after the other, so that the next sync has less to wait
// for. Nothing depends on it: only sync() makes anything durable, and reports an error of the disk.
void PosixFile::start_writing(ByteRange written) {
  if (written.begin != background_.end) background_.begin = written.begin;
  background_.end = written.end;
  if (background_.length() < kBackgroundBytes) return;
  sync_file_range(fd_.get(), static_cast<off_t>(background_.begin),
                  static_cast<off_t>(background_.length()), SYNC_FILE_RANGE_WRITE);
  background_.begin = background_.end;
}

Result<void> PosixFile::sync() {
  if (poisoned_) return poisoned();
  // fdatasync also flushes the size, the only metadata that the content depends on.
  if (fdatasync(fd_.get()) != 0) return poison(system_failure("cannot sync").value());
  pending_ = false;
  return {};
}

// A direct write makes no other write durable, so it is used only if none is pending.
Result<void> PosixFile::write_through(uint64_t offset, Bytes bytes) {
  if (poisoned_) return poisoned();
  if (!pending_) {
    const Result<bool> done = direct_.write(fd_.get(), offset, bytes);
    if (!done) return poison(done.error());
    if (*done) return {};
  }
  VDE_TRY(write(offset, bytes));
  return sync();
}

// The state on disk is unknown after this.
tl::unexpected<Error> PosixFile::poison(Error error) {
  poisoned_ = true;
  error.hint = "the state on disk is unknown; run 'vdetool verify IMAGE'";
  return tl::make_unexpected(std::move(error));
}

Result<void> PosixFile::begin_change() {
  if (poisoned_) return poisoned();
  pending_ = true;
  return {};
}

Result<uint64_t> PosixFile::size() {
  if (is_device_) {
    uint64_t bytes = 0;
    if (ioctl(fd_.get(), BLKGETSIZE64, &bytes) != 0)
      return system_failure("cannot determine the size");
    return bytes;
  }
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) return system_failure("cannot determine the size");
  return static_cast<uint64_t>(status.st_size);
}

Result<void> PosixFile::resize(uint64_t bytes) {
  VDE_TRY(begin_change());
  if (is_device_) return fail(ErrorCode::kUnsupported, "a device cannot be resized");
  while (ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0)
    if (errno != EINTR) return system_failure("cannot set the size");
  return {};
}

// Space that is there already is left alone: allocating it again makes the next sync write the
// journal of the file system as well.
Result<void> PosixFile::allocate(ByteRange range) {
  if (poisoned_) return poisoned();
  if (is_device_ || range.empty() || has_space(fd_.get(), range)) return {};
  VDE_TRY(begin_change());
  while (fallocate(fd_.get(), 0, static_cast<off_t>(range.begin),
                   static_cast<off_t>(range.length())) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return {};
    return system_failure("cannot allocate space");
  }
  return {};
}

Result<void> PosixFile::zero(ByteRange range) {
  VDE_TRY(begin_change());
  if (range.empty()) return {};
  constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (fallocate(fd_.get(), kPunch, static_cast<off_t>(range.begin),
                static_cast<off_t>(range.length())) == 0)
    return {};
  const std::vector<uint8_t> zeros(size_t{1} << 20);
  while (!range.empty()) {
    const uint64_t count = std::min<uint64_t>(zeros.size(), range.length());
    VDE_TRY(write(range.begin, Bytes(zeros).first(count)));
    range.begin += count;
  }
  return {};
}

Result<ByteRange> PosixFile::next_data(ByteRange within) {
  if (within.empty()) return ByteRange{within.end, within.end};
  const off_t data = lseek(fd_.get(), static_cast<off_t>(within.begin), SEEK_DATA);
  if (data < 0 && errno == ENXIO) return ByteRange{within.end, within.end};
  if (data < 0) return within;
  const off_t hole = lseek(fd_.get(), data, SEEK_HOLE);
  if (hole < 0) return within;
  const auto begin = std::max(within.begin, static_cast<uint64_t>(data));
  return ByteRange{std::min(begin, within.end), std::min(within.end, static_cast<uint64_t>(hole))};
}

std::unique_ptr<FileMapping> PosixFile::map(ByteRange range) {
  auto mapping = PosixMapping::of(fd_.get(), range);
  // Read-ahead would fetch unneeded blocks around each leaf.
  if (mapping != nullptr) static_cast<void>(mapping->advise(MADV_RANDOM));
  return mapping;
}

// Touching a page that cannot be read would be fatal; this call fails instead.
std::unique_ptr<FileMapping> PosixFile::map_loaded(ByteRange range) {
  auto mapping = PosixMapping::of(fd_.get(), range);
  if (mapping == nullptr || !mapping->advise(MADV_POPULATE_READ)) return nullptr;
  return mapping;
}

Result<void> PosixFile::lock(LockMode mode, std::chrono::milliseconds wait) {
  VDE_TRY_ASSIGN(locked, try_lock(mode, wait));
  return locked ? Result<void>{} : locked_by_another();
}

Result<bool> PosixFile::try_lock(LockMode mode, std::chrono::milliseconds wait) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + wait;
  for (;;) {
    VDE_TRY_ASSIGN(locked, lock_at_once(fd_.get(), mode));
    if (locked || steady_clock::now() >= deadline) return locked;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

tl::unexpected<Error> PosixFile::locked_by_another() const {
  struct stat status {};
  const bool known = fstat(fd_.get(), &status) == 0;
  return fail(
      ErrorCode::kInUse,
      "the image is locked by another process" + (known ? describe_lock_holder(status) : ""),
      "try again, or use --lock-wait SECONDS");
}

Result<void> PosixFile::poisoned() const {
  return fail(ErrorCode::kIo, "refusing to write after a failed sync",
              "the state on disk is unknown; run 'vdetool verify IMAGE'");
}

}  // namespace vde
