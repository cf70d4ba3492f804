#include "output.h"

#include <cerrno>
#include <cstring>

namespace vde::cli {
namespace {

constexpr size_t kEnough = size_t{64} << 10;

}  // namespace

Result<void> Output::write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < kEnough ? Result<void>{} : flush();
}

Result<void> Output::write(Bytes bytes) {
  return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Result<void> Output::flush() {
  std::string_view left = buffer_;
  while (!left.empty() && !failed_) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      failed_ = true;
      buffer_.clear();
      return fail(ErrorCode::kIo, std::string("cannot write the output: ") + std::strerror(error));
    }
    left.remove_prefix(static_cast<size_t>(count));
  }
  buffer_.clear();
  return {};
}

}  // namespace vde::cli
