#include "vde/new_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "io/file_descriptor.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr const char* kAccessAcl = "system.posix_acl_access";

// The names of all extended attributes; none if the file system has no attributes.
Result<std::vector<std::string>> attribute_names(int fd) {
  for (;;) {
    const ssize_t size = flistxattr(fd, nullptr, 0);
    if (size < 0 && errno == ENOTSUP) return std::vector<std::string>{};
    if (size < 0) return system_failure("cannot read the extended attributes");
    std::string list(static_cast<size_t>(size), '\0');
    const ssize_t count = flistxattr(fd, list.data(), list.size());
    if (count < 0 && errno == ERANGE) continue;  // another one was added
    if (count < 0) return system_failure("cannot read the extended attributes");
    list.resize(static_cast<size_t>(count));
    std::vector<std::string> names;
    for (size_t at = 0; at < list.size(); at += names.back().size() + 1)
      names.emplace_back(list.c_str() + at);
    return names;
  }
}

// Nothing if the attribute does not exist.
Result<std::optional<std::string>> attribute(int fd, const char* name) {
  for (;;) {
    const ssize_t size = fgetxattr(fd, name, nullptr, 0);
    if (size < 0 && (errno == ENODATA || errno == ENOTSUP)) return std::optional<std::string>{};
    if (size < 0) return system_failure(fmt::format("cannot read the attribute '{}'", name));
    std::string value(static_cast<size_t>(size), '\0');
    const ssize_t count = fgetxattr(fd, name, value.data(), value.size());
    if (count < 0 && errno == ERANGE) continue;
    if (count < 0) return system_failure(fmt::format("cannot read the attribute '{}'", name));
    value.resize(static_cast<size_t>(count));
    return std::optional<std::string>(std::move(value));
  }
}

Result<void> set_attribute(int fd, const std::string& name, const std::string& value) {
  if (fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0) return {};
  return system_failure(fmt::format("cannot keep the attribute '{}'", escape(name)));
}

// The ACL comes after the permissions: where there is one, the group bits of the permissions are
// its mask, and setting the ACL corrects what they mean. A directory may give new files an ACL that
// the old file did not have.
Result<void> take_over_acl(int fd, const std::optional<std::string>& acl) {
  if (acl) return set_attribute(fd, kAccessAcl, *acl);
  if (fremovexattr(fd, kAccessAcl) != 0 && errno != ENODATA && errno != ENOTSUP)
    return system_failure("cannot remove the access control list of the directory");
  return {};
}

// The kernel and the policy of the system set those of "security."; some are hashes of the content.
Result<void> take_over_attributes(int fd, int replaced) {
  VDE_TRY_ASSIGN(names, attribute_names(replaced));
  for (const std::string& name : names) {
    if (name == kAccessAcl || name.starts_with("security.")) continue;
    VDE_TRY_ASSIGN(value, attribute(replaced, name.c_str()));
    if (value) VDE_TRY(set_attribute(fd, name, *value));
  }
  return {};
}

}  // namespace

Result<void> take_over_identity(int fd, int replaced) {
  struct stat status {};
  if (fstat(replaced, &status) != 0) return system_failure("cannot read the old permissions");
  // As with cp.
  const bool owner_kept = fchown(fd, status.st_uid, status.st_gid) == 0;
  const mode_t keep = owner_kept ? 07777 : 0777;
  VDE_TRY(take_over_attributes(fd, replaced));
  // Until the ACL is there, the group has no access: its bits may be the mask of an ACL.
  const mode_t mode = status.st_mode & keep;
  VDE_TRY_ASSIGN(acl, attribute(replaced, kAccessAcl));
  if (fchmod(fd, acl ? mode & ~mode_t{070} : mode) != 0)
    return system_failure("cannot set the permissions");
  return take_over_acl(fd, acl);
}

}  // namespace vde
