// What a file takes over from the one that it replaces.
#include "vde/new_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <string>

#include "io/device_claim.h"
#include "support/temporary_folder.h"

using namespace vde;

namespace {

constexpr const char* kAcl = "system.posix_acl_access";

// The kernel's form of "user::rw-,user:65534:rw-,group::r--,mask::rw-,other::---".
constexpr std::array<uint8_t, 44> kAclBytes = {2,    0, 0, 0,                          // version
                                               1,    0, 6, 0, 0xff, 0xff, 0xff, 0xff,  // owner
                                               2,    0, 6, 0, 0xfe, 0xff, 0,    0,     // user 65534
                                               4,    0, 4, 0, 0xff, 0xff, 0xff, 0xff,  // group
                                               0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,  // mask
                                               0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};  // others

struct TwoFiles {
  test::TemporaryFolder folder;
  FileDescriptor old{open((folder / "old").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  FileDescriptor fresh{open((folder / "new").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
};

std::string attribute(int fd, const char* name) {
  std::array<char, 100> bytes{};
  const ssize_t size = fgetxattr(fd, name, bytes.data(), bytes.size());
  return size < 0 ? "(none)" : std::string(bytes.data(), static_cast<size_t>(size));
}

}  // namespace

TEST_CASE("permissions and attributes are taken over") {
  const TwoFiles files;
  REQUIRE(fchmod(files.old.get(), 0640) == 0);
  if (fsetxattr(files.old.get(), "user.note", "keep", 4, 0) != 0) return;  // no attributes here
  REQUIRE(take_over_identity(files.fresh.get(), files.old.get()).has_value());
  struct stat status {};
  REQUIRE(fstat(files.fresh.get(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(attribute(files.fresh.get(), "user.note") == "keep");
}

TEST_CASE("an ACL is taken over, and its mask does not become the group's permissions") {
  const TwoFiles files;
  if (fsetxattr(files.old.get(), kAcl, kAclBytes.data(), kAclBytes.size(), 0) != 0) return;
  REQUIRE(take_over_identity(files.fresh.get(), files.old.get()).has_value());
  CHECK(attribute(files.fresh.get(), kAcl) == attribute(files.old.get(), kAcl));
}

TEST_CASE("an ACL that only the new file has is removed") {
  const TwoFiles files;
  if (fsetxattr(files.fresh.get(), kAcl, kAclBytes.data(), kAclBytes.size(), 0) != 0) return;
  REQUIRE(take_over_identity(files.fresh.get(), files.old.get()).has_value());
  CHECK(attribute(files.fresh.get(), kAcl) == "(none)");
}

TEST_CASE("a mount point is decoded, whatever its name is") {
  CHECK(decode_mount_path("/mnt/a\\040b") == "/mnt/a b");
  CHECK(decode_mount_path("\\134\\011") == "\\\t");
  CHECK(decode_mount_path("/mnt\\04") == "/mnt\\04");
  CHECK(decode_mount_path("/mnt\\099") == "/mnt\\099");
}
