#include "io/scratch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "vde/text.h"

namespace vde {
namespace {

std::string folder_or_default(const std::string& folder) {
  if (!folder.empty()) return folder;
  const char* from_environment = std::getenv("TMPDIR");
  return from_environment != nullptr && *from_environment != '\0' ? from_environment : "/tmp";
}

// Fallback for file systems that do not support unnamed files.
int open_and_unlink(const std::string& folder) {
  std::string path = folder + "/vdetool-XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd >= 0) unlink(path.c_str());
  return fd;
}

}  // namespace

Result<FileDescriptor> open_scratch(const std::string& folder) {
  const std::string place = folder_or_default(folder);
  int fd = open(place.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) fd = open_and_unlink(place);
  if (fd < 0)
    return system_failure(fmt::format("cannot create a temporary file in '{}'", escape(place)));
  return FileDescriptor(fd);
}

Result<ScratchFile> ScratchFile::create(const std::string& folder) {
  VDE_TRY_ASSIGN(fd, open_scratch(folder));
  return ScratchFile(std::move(fd));
}

Result<void> ScratchFile::append(Bytes bytes) {
  VDE_TRY(overwrite(size_, bytes));
  size_ += bytes.size();
  return {};
}

Result<void> ScratchFile::overwrite(uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot write a temporary file");
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

Result<void> ScratchFile::read(uint64_t offset, MutableBytes out) const {
  while (!out.empty()) {
    const ssize_t count = pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot read a temporary file");
    if (count == 0) return fail(ErrorCode::kIo, "a temporary file was truncated");
    out = out.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

}  // namespace vde
