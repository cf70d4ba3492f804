// Opening an image, and opening and locking it as one step.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "io/posix_file.h"

namespace vde {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Each one after the first means that somebody replaced the file meanwhile.
constexpr int kMaxOpenings = 100;

Result<std::unique_ptr<PosixFile>> open_posix(const std::string& path, OpenMode mode) {
  // O_NONBLOCK keeps a pipe or a device from blocking the open before its kind is known.
  const int access = mode == OpenMode::kRead ? O_RDONLY : O_RDWR;
  FileDescriptor fd(open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return system_failure("cannot open");
  // A stray print to a descriptor below 3 would land in the image.
  if (fd.get() < 3) {
    const int higher = fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
    if (higher < 0) return system_failure("cannot open");
    fd = FileDescriptor(higher);
  }
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_failure("cannot open");
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::kIo, "is a directory", "name an image file");
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
    return fail(ErrorCode::kUnsupported, "is neither a regular file nor a block device");
  return std::make_unique<PosixFile>(std::move(fd), S_ISBLK(status.st_mode));
}

// In short waits, so that an interruption is seen soon.
Result<void> lock_until(BlockFile& file, LockMode mode, SteadyClock::time_point deadline,
                        const Activity& activity) {
  constexpr milliseconds kPatience(100);
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    Result<void> locked = file.lock(mode, std::clamp(left, kPatience * 0, kPatience));
    if (locked || locked.error().code != ErrorCode::kInUse) return locked;
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    if (left <= kPatience) return locked;
  }
}

// Whether `path` still names `file`.
Result<bool> is_named(const std::string& path, const PosixFile& file) {
  struct stat opened {};
  struct stat named {};
  if (fstat(file.descriptor(), &opened) != 0) return system_failure("cannot tell what is open");
  if (stat(path.c_str(), &named) == 0)
    return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  if (errno != ENOENT && errno != ENOTDIR) return system_failure("cannot look at the path again");
  return fail(ErrorCode::kIo, "the file was removed or renamed before it could be locked");
}

}  // namespace

Result<std::unique_ptr<BlockFile>> open_file(const std::string& path, OpenMode mode) {
  VDE_TRY_ASSIGN(file, open_posix(path, mode));
  return std::unique_ptr<BlockFile>(std::move(file));
}

// A lock keeps nobody from a rename over the path: what was opened may be in no folder by the time
// it is locked, and whatever is written there is lost.
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
  return fail(ErrorCode::kInUse, "the file was replaced again and again before it could be locked",
              "find out which program replaces it");
}

}  // namespace vde
