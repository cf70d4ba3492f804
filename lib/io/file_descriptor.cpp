#include "io/file_descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vde {
namespace {

ErrorCode code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kNoSpace;
    case EEXIST:
      return ErrorCode::kExists;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

tl::unexpected<Error> system_failure(const std::string& what) {
  const int error = errno;
  return fail(code_of(error), what + ": " + std::strerror(error));
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace vde
