#include "io/device_claim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>

#include "vde/text.h"

namespace vde {
namespace {

// Where the device is mounted, as far as this process can see it.
std::optional<std::string> mount_point(dev_t device) {
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  // The columns are: id, parent, device, root, mount point.
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream columns(line);
    std::string id, parent, number, root, point;
    if (columns >> id >> parent >> number >> root >> point && number == wanted)
      return decode_mount_path(point);
  }
  return std::nullopt;
}

tl::unexpected<Error> in_use(dev_t device) {
  if (const auto point = mount_point(device))
    return fail(ErrorCode::kInUse, fmt::format("the device is mounted at '{}'", escape(*point)),
                "unmount it first");
  return fail(ErrorCode::kInUse,
              "the device is in use: it is mounted, or another program or device holds it",
              "stop that use first");
}

}  // namespace

std::string decode_mount_path(std::string_view text) {
  constexpr size_t kDigits = 3;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string path;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + kDigits >= text.size() || !is_octal(text[i + 1]) ||
        !is_octal(text[i + 2]) || !is_octal(text[i + 3])) {
      path += text[i];
      continue;
    }
    path +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += kDigits;
  }
  return path;
}

Result<FileDescriptor> claim_device(const std::string& path) {
  // On a device, O_EXCL without O_CREAT asks the kernel for exclusive use.
  FileDescriptor fd(open(path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (fd.get() < 0 && errno == EBUSY && stat(path.c_str(), &status) == 0)
    return in_use(status.st_rdev);
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) return system_failure("cannot open");
  // Not every kind of mount claims its device.
  if (mount_point(status.st_rdev)) return in_use(status.st_rdev);
  return fd;
}

}  // namespace vde
