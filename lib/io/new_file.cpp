#include "vde/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "io/posix/posix_file.h"
#include "vde/guid.h"
#include "vde/text.h"

namespace vde {
namespace {

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

// A hidden name in the target's directory that no other process will choose. It does not contain
// the target's name, which may have the maximum length already.
std::string temporary_name(const std::string& target) {
  const Guid unique = random_guid();
  return folder_of(target) + "/.vdetool-" + to_hex(Bytes(unique.bytes).first(8));
}

// The path under which the system shows an open file, named or not.
std::string shown_path(int descriptor) {
  return fmt::format("/proc/self/fd/{}", descriptor);
}

// None if the file system has no unnamed files, or if one could not be named later.
FileDescriptor open_unnamed(const std::string& folder, mode_t mode) {
  FileDescriptor fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
  if (fd.get() >= 0 && access(shown_path(fd.get()).c_str(), F_OK) != 0) return FileDescriptor();
  return fd;
}

bool link_to(int descriptor, const std::string& path) {
  return linkat(AT_FDCWD, shown_path(descriptor).c_str(), AT_FDCWD, path.c_str(),
                AT_SYMLINK_FOLLOW) == 0;
}

bool rename_to(const std::string& from, const std::string& to, bool replace) {
  const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return true;
  // Some file systems do not support flags; the check before must suffice there.
  return errno == EINVAL && !replace && rename(from.c_str(), to.c_str()) == 0;
}

Result<void> sync_folder(const std::string& path) {
  const FileDescriptor folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0)
    return system_failure("cannot sync the directory of the new file");
  return {};
}

}  // namespace

Result<std::string> resolve_links(std::string path) {
  constexpr int kMaxLinks = 40;
  std::error_code status;
  for (int links = 0; links < kMaxLinks; ++links) {
    if (!std::filesystem::is_symlink(path, status)) return path;
    const std::filesystem::path next = std::filesystem::read_symlink(path, status);
    if (status) break;
    path = std::filesystem::path(path).parent_path() / next;
  }
  return fail(ErrorCode::kIo, "cannot resolve the symbolic link");
}

NewFile::NewFile(std::unique_ptr<BlockFile> file, int descriptor, std::string temporary,
                 std::string target)
    : file_(std::move(file)),
      descriptor_(descriptor),
      temporary_(std::move(temporary)),
      target_(std::move(target)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(other.descriptor_),
      temporary_(std::exchange(other.temporary_, {})),
      target_(std::move(other.target_)) {}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::string& target, const NewFileOptions& options) {
  // Nobody else may open it before it has the permissions of the file that it replaces.
  const mode_t mode = options.replaced ? 0600 : options.mode;
  std::string temporary;
  FileDescriptor fd = open_unnamed(folder_of(target), mode);
  if (fd.get() < 0) {
    temporary = temporary_name(target);
    fd = FileDescriptor(
        open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  }
  if (fd.get() < 0) return system_failure("cannot create");
  const int raw = fd.get();
  NewFile file(std::make_unique<PosixFile>(std::move(fd), false), raw, std::move(temporary),
               target);
  if (options.replaced) VDE_TRY(take_over_identity(raw, *options.replaced));
  return file;
}

// A link cannot replace a file, so the unnamed file gets a temporary name for that.
Result<void> NewFile::name(bool replace) {
  if (temporary_.empty()) {
    if (link_to(descriptor_, target_)) return {};
    if (errno != EEXIST || !replace) return system_failure("cannot name the new file");
    std::string temporary = temporary_name(target_);
    if (!link_to(descriptor_, temporary)) return system_failure("cannot name the new file");
    temporary_ = std::move(temporary);
  }
  if (!rename_to(temporary_, target_, replace)) return system_failure("cannot rename the new file");
  temporary_.clear();
  return {};
}

Result<void> NewFile::publish(bool replace) {
  VDE_TRY(file_->sync());
  VDE_TRY(name(replace));
  // That it has a name is part of the file too.
  if (fsync(descriptor_) != 0) return system_failure("cannot sync the new file");
  return sync_folder(target_);
}

}  // namespace vde
