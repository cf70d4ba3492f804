#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "context.h"
#include "vde/identity.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> file_failure(std::string_view what) {
  const int error = errno;
  return fail(error == ENOSPC || error == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot {}: {}", what, std::strerror(error)));
}

std::string folder_of_file(const std::string& path) {
  const std::string folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

// An existing file keeps its owner, permissions, ACL and extended attributes; a new one gets the
// default permissions.
Result<void> take_identity(int descriptor, const std::string& path) {
  const int replaced = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (replaced >= 0) {
    Result<void> taken = take_over_identity(descriptor, replaced);
    close(replaced);
    return taken;
  }
  if (errno != ENOENT) return file_failure("read the attributes of the old file");
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(descriptor, 0666 & ~mask) != 0) return file_failure("write");
  return {};
}

}  // namespace

bool names_standard_output(const std::string& path) {
  if (path.empty() || path == "-") return true;
  if (!path.starts_with("/dev/") && !path.starts_with("/proc/")) return false;
  struct stat named {};
  struct stat output {};
  return stat(path.c_str(), &named) == 0 && fstat(STDOUT_FILENO, &output) == 0 &&
         named.st_dev == output.st_dev && named.st_ino == output.st_ino;
}

Result<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path,
                                                     const std::string& image, bool replace,
                                                     Output& standard_output) {
  std::unique_ptr<OutputFile> file(new OutputFile(standard_output));
  if (names_standard_output(path)) {
    // It is data, also on a terminal.
    standard_output.fit_lines(0);
    return file;
  }
  VDE_TRY(refuse_image(image, path, "output"));
  std::error_code ignored;
  if (!replace && fs::is_regular_file(path, ignored) && fs::file_size(path, ignored) > 0)
    return fail(ErrorCode::kExists, "the file is not empty", "use --force to replace it");
  VDE_TRY(file->create(path));
  return file;
}

Result<void> OutputFile::create(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) return file_failure("write");
  } else {
    // The target of a symbolic link is replaced, not the link.
    const fs::path real = fs::weakly_canonical(path, error);
    target_ = error ? path : real.string();
    std::string name = folder_of_file(target_) + "/.vdetool-XXXXXX";
    descriptor_ = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) return file_failure("write");
    temporary_ = name;
    VDE_TRY(take_identity(descriptor_, target_));
  }
  own_.emplace(descriptor_);
  return {};
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<void> OutputFile::finish() {
  VDE_TRY(output().flush());
  if (temporary_.empty()) return {};
  if (fdatasync(descriptor_) != 0) return file_failure("write");
  if (rename(temporary_.c_str(), target_.c_str()) != 0) return file_failure("write");
  temporary_.clear();
  const int folder = ::open(folder_of_file(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && fsync(folder) == 0;
  if (folder >= 0) close(folder);
  return synced ? Result<void>{} : file_failure("sync the directory");
}

}  // namespace vde::cli
