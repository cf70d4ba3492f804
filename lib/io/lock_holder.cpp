#include "io/lock_holder.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "vde/text.h"

namespace vde {
namespace {

// The columns of /proc/locks are: number, kind, ADVISORY, mode, process, file, first byte, last
// byte. A lock that somebody waits for has "->" after the number. Locks of an open file description
// show no process.
std::optional<pid_t> holder_in_line(const std::string& line, const std::string& file) {
  std::istringstream columns(line);
  std::string number, kind, advisory, mode, place;
  pid_t process = 0;
  if (!(columns >> number >> kind >> advisory >> mode >> process >> place)) return std::nullopt;
  if (kind != "FLOCK" || place != file || process <= 0 || process == getpid()) return std::nullopt;
  return process;
}

}  // namespace

std::string describe_lock_holder(const struct stat& file) {
  const std::string place =
      fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    const std::optional<pid_t> process = holder_in_line(line, place);
    if (!process) continue;
    // The lock may have outlived its process in a child.
    std::ifstream comm(fmt::format("/proc/{}/comm", *process));
    std::string name;
    if (std::getline(comm, name)) return fmt::format(" (process {}, '{}')", *process, escape(name));
  }
  return {};
}

}  // namespace vde
