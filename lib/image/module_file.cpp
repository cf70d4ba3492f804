// The file that a module comes from.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "io/posix_file.h"
#include "region/module_blocks.h"
#include "vde/modules.h"

namespace vde {
namespace {

Result<std::unique_ptr<PosixFile>> temporary_file() {
  std::error_code error;
  const std::string folder = std::filesystem::temp_directory_path(error).string();
  FileDescriptor fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd.get() < 0) {
    std::string name = folder + "/vdetool-XXXXXX";
    fd = FileDescriptor(mkostemp(name.data(), O_CLOEXEC));
    if (fd.get() < 0) return system_failure("cannot make a temporary file");
    unlink(name.c_str());
  }
  return std::make_unique<PosixFile>(std::move(fd), false);
}

// Bytes read, 0 at the end. Waits no longer than a moment before it looks for a stop.
Result<size_t> read_some(int fd, MutableBytes out, const Activity& activity) {
  for (;;) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    constexpr int kMoment = 100;  // ms
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, kMoment) == 0) continue;
    const ssize_t count = read(fd, out.data(), out.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return system_failure("cannot read the module");
  }
}

Result<std::unique_ptr<BlockFile>> spooled(int fd, const Activity& activity) {
  VDE_TRY_ASSIGN(file, temporary_file());
  std::vector<uint8_t> buffer(size_t{1} << 20);
  uint64_t size = 0;
  for (;;) {
    VDE_TRY_ASSIGN(count, read_some(fd, buffer, activity));
    if (count == 0) return std::unique_ptr<BlockFile>(std::move(file));
    VDE_TRY(file->write(size, Bytes(buffer).first(count)));
    size += count;
    if (size > kMaxModuleSize)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the module has more than {} bytes", kMaxModuleSize),
                  "no module may");
  }
}

}  // namespace

Result<std::unique_ptr<BlockFile>> open_module_file(const std::string& path, Activity& activity) {
  FileDescriptor fd(path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_failure("cannot open");
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_failure("cannot look at the module");
  const bool from_start = path != "-" || lseek(fd.get(), 0, SEEK_CUR) == 0;
  if (S_ISREG(status.st_mode) && from_start)
    return std::unique_ptr<BlockFile>(std::make_unique<PosixFile>(std::move(fd), false));
  return spooled(fd.get(), activity);
}

}  // namespace vde
