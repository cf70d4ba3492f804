#include "output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "context.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> file_failure(std::string_view what) {
  const int error = errno;
  return fail(error == ENOSPC || error == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot {}: {}", what, std::strerror(error)));
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
    own_.emplace(descriptor_);
    return {};
  }
  // The target of a symbolic link is replaced, not the link.
  VDE_TRY_ASSIGN(target, resolve_links(path));
  return create_file(target);
}

// An existing file keeps its owner, permissions, ACL and extended attributes.
Result<void> OutputFile::create_file(const std::string& target) {
  const int replaced = ::open(target.c_str(), O_RDONLY | O_CLOEXEC);
  if (replaced < 0 && errno != ENOENT) return file_failure("read the attributes of the old file");
  NewFileOptions options;
  if (replaced >= 0) options.replaced = replaced;
  auto created = NewFile::create(target, options);
  if (replaced >= 0) close(replaced);
  VDE_TRY_ASSIGN(file, std::move(created));
  own_.emplace(file.descriptor());
  file_.emplace(std::move(file));
  return {};
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> OutputFile::finish() {
  VDE_TRY(output().flush());
  return file_ ? file_->publish(true) : Result<void>{};
}

}  // namespace vde::cli
