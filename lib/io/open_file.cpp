// Opens an image; open_locked() opens and locks it in one step.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "io/posix/posix_file.h"

namespace vde {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Each opening after the first means that the file was replaced in the meantime.
constexpr int kMaxOpenings = 100;

// The kernel may open a read-only device for writing; only the first write fails then.
Result<void> check_device_writable(int fd) {
  int read_only = 0;
  if (ioctl(fd, BLKROGET, &read_only) == 0 && read_only != 0)
    return fail(ErrorCode::kIo, "the device is read-only");
  return {};
}

tl::unexpected<Error> is_folder() {
  return fail(ErrorCode::kIo, "is a directory", "name an image file");
}

Result<std::unique_ptr<PosixFile>> open_posix(const std::string& path, OpenMode mode) {
  // O_NONBLOCK keeps the open from blocking on a pipe or device before its kind is known.
  const int access = mode == OpenMode::kRead ? O_RDONLY : O_RDWR;
  FileDescriptor fd(open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0 && errno == EISDIR) return is_folder();
  if (fd.get() < 0) return system_failure("cannot open");
  // An accidental write to descriptor 0, 1 or 2 would destroy the image.
  if (fd.get() < 3) {
    const int higher = fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
    if (higher < 0) return system_failure("cannot open");
    fd = FileDescriptor(higher);
  }
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_failure("cannot open");
  if (S_ISDIR(status.st_mode)) return is_folder();
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
    return fail(ErrorCode::kUnsupported, "is neither a regular file nor a block device");
  const bool is_device = S_ISBLK(status.st_mode);
  if (is_device && mode == OpenMode::kReadWrite) VDE_TRY(check_device_writable(fd.get()));
  return std::make_unique<PosixFile>(std::move(fd), is_device);
}

// Waits in short intervals, so that an interruption is noticed soon.
Result<void> lock_until(PosixFile& file, LockMode mode, SteadyClock::time_point deadline,
                        const Activity& activity) {
  constexpr milliseconds kPatience(100);
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    VDE_TRY_ASSIGN(locked, file.try_lock(mode, std::clamp(left, kPatience * 0, kPatience)));
    if (locked) return {};
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    if (left <= kPatience) return file.locked_by_another();
  }
}

// True if `path` still refers to `file`.
Result<bool> is_named(const std::string& path, const PosixFile& file) {
  struct stat opened {};
  struct stat named {};
  if (fstat(file.descriptor(), &opened) != 0) return system_failure("cannot stat the open file");
  if (stat(path.c_str(), &named) == 0)
    return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  if (errno != ENOENT && errno != ENOTDIR) return system_failure("cannot stat the path");
  return fail(ErrorCode::kIo, "the file was removed or renamed before it could be locked");
}

}  // namespace

Result<std::unique_ptr<BlockFile>> open_file(const std::string& path, OpenMode mode) {
  VDE_TRY_ASSIGN(file, open_posix(path, mode));
  return std::unique_ptr<BlockFile>(std::move(file));
}

// A lock does not prevent a rename over the path: by the time the file is locked it may have no
// name, and everything written to it would be lost.
Result<std::unique_ptr<BlockFile>> open_locked(const std::string& path, OpenMode mode,
                                               milliseconds wait, const Activity& activity) {
  const LockMode lock = mode == OpenMode::kRead ? LockMode::kShared : LockMode::kExclusive;
  const auto deadline = SteadyClock::now() + wait;
  for (int openings = 0; openings < kMaxOpenings; ++openings) {
    VDE_TRY_ASSIGN(file, open_posix(path, mode));
    VDE_TRY(lock_until(*file, lock, deadline, activity));
    VDE_TRY_ASSIGN(named, is_named(path, *file));
    if (named) return std::unique_ptr<BlockFile>(std::move(file));
  }
  return fail(ErrorCode::kInUse, "the file was replaced repeatedly before it could be locked",
              "stop the program that replaces it");
}

}  // namespace vde
