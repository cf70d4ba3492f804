#include "io/posix/direct_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace vde {
namespace {

// For memory, offset and length, in bytes: sufficient for any file system.
constexpr size_t kAlignment = 4096;
// Larger writes gain nothing: the disk is slower than the calls.
constexpr size_t kMax = size_t{1} << 18;

}  // namespace

// Open the same file again: the flags of a descriptor apply to all its uses.
bool DirectWriter::open(int fd) {
  if (!tried_) {
    tried_ = true;
    buffer_.reset(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, kMax)));
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    if (buffer_ != nullptr)
      file_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC));
  }
  return file_.get() >= 0;
}

Result<bool> DirectWriter::write(int fd, uint64_t offset, Bytes bytes) {
  if ((offset | bytes.size()) % kAlignment != 0 || bytes.size() > kMax || !open(fd)) return false;
  std::copy(bytes.begin(), bytes.end(), buffer_.get());
  ssize_t count = -1;
  do {
    count = pwrite(file_.get(), buffer_.get(), bytes.size(), static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(bytes.size())) return true;
  // Some file systems allow opening a file this way but not writing, or not blocks of this size.
  if (count < 0 && errno != EINVAL && errno != EOPNOTSUPP) return system_failure("cannot write");
  file_ = FileDescriptor();
  return false;
}

}  // namespace vde
