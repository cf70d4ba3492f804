#include "io/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "vde/guid.h"
#include "vde/identity.h"
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

Result<void> sync_folder(const std::string& path) {
  const FileDescriptor folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0)
    return system_failure("cannot sync the directory of the new file");
  return {};
}

}  // namespace

NewFile::NewFile(std::unique_ptr<PosixFile> file, std::string temporary, std::string target)
    : file_(std::move(file)), temporary_(std::move(temporary)), target_(std::move(target)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)),
      temporary_(std::exchange(other.temporary_, {})),
      target_(std::move(other.target_)) {}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::string& target, std::optional<int> replaced_descriptor) {
  std::string temporary = temporary_name(target);
  // Nobody else may open it before it has the permissions of the file that it replaces.
  const mode_t mode = replaced_descriptor ? 0600 : 0666;
  FileDescriptor fd(
      open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (fd.get() < 0) return system_failure("cannot create");
  const int raw = fd.get();
  NewFile file(std::make_unique<PosixFile>(std::move(fd), false), std::move(temporary), target);
  if (replaced_descriptor) VDE_TRY(take_over_identity(raw, *replaced_descriptor));
  return file;
}

Result<void> NewFile::publish(bool replace) {
  VDE_TRY(file_->sync());
  const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
  int status = renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), flags);
  // Some file systems do not support flags; the check before must suffice there.
  if (status != 0 && errno == EINVAL && !replace)
    status = renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), 0);
  if (status != 0) return system_failure("cannot rename the new file");
  temporary_.clear();
  return sync_folder(target_);
}

}  // namespace vde
