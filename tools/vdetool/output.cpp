#include "output.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "terminal.h"

namespace vde::cli {
namespace {

constexpr size_t kEnough = size_t{64} << 10;

}  // namespace

void Output::add_lines(std::string_view text) {
  for (size_t feed = 0; (feed = text.find('\n')) != std::string_view::npos;) {
    line_ += text.substr(0, feed);
    buffer_ += fit_line(line_, width_) + "\n";
    line_.clear();
    text.remove_prefix(feed + 1);
  }
  line_ += text;
}

Result<void> Output::write(std::string_view text) {
  if (width_ == 0)
    buffer_ += text;
  else
    add_lines(text);
  return buffer_.size() < kEnough ? Result<void>{} : flush();
}

Result<void> Output::write(Bytes bytes) {
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return buffer_.size() < kEnough ? Result<void>{} : flush();
}

Result<void> Output::flush() {
  buffer_ += std::exchange(line_, {});
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
