// The file that a module comes from.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/piece.h"
#include "io/posix_file.h"
#include "io/scratch_file.h"
#include "region/module_blocks.h"
#include "vde/input.h"
#include "vde/modules.h"

namespace vde {
namespace {

Result<std::unique_ptr<BlockFile>> spooled(int fd, const Activity& activity) {
  VDE_TRY_ASSIGN(scratch, open_scratch(""));
  auto file = std::make_unique<PosixFile>(std::move(scratch), false);
  std::vector<uint8_t> buffer(kPieceBytes);
  uint64_t size = 0;
  for (;;) {
    VDE_TRY_ASSIGN(count, read_input(fd, buffer, activity));
    if (count == 0) return std::unique_ptr<BlockFile>(std::move(file));
    VDE_TRY(file->write(size, Bytes(buffer).first(count)));
    size += count;
    if (size > kMaxModuleSize)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the module has more than {} bytes", kMaxModuleSize),
                  "no module may");
  }
}

}  // namespace

Result<std::unique_ptr<BlockFile>> open_module_file(const std::string& path, Activity& activity) {
  FileDescriptor fd(path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_failure("cannot open");
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_failure("cannot look at the module");
  const bool from_start = path != "-" || lseek(fd.get(), 0, SEEK_CUR) == 0;
  if (S_ISREG(status.st_mode) && from_start)
    return std::unique_ptr<BlockFile>(std::make_unique<PosixFile>(std::move(fd), false));
  return spooled(fd.get(), activity);
}

}  // namespace vde
