#include "line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "vde/input.h"

namespace vde::cli {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

LineReader::LineReader(int descriptor, size_t longest)
    : descriptor_(descriptor), longest_(longest), buffer_(kReadBytes + longest) {}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      longest_(other.longest_),
      buffer_(std::move(other.buffer_)) {}

LineReader::~LineReader() {
  if (descriptor_ > STDIN_FILENO) close(descriptor_);
}

Result<LineReader> LineReader::open(const std::string& path, size_t longest) {
  if (path.empty() || path == "-") return LineReader(STDIN_FILENO, longest);
  // A pipe without a writer would hold open() up, where no signal ends it. read_input() waits for
  // the writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return fail(ErrorCode::kIo, fmt::format("cannot open: {}", std::strerror(errno)));
  return LineReader(descriptor, longest);
}

Result<void> LineReader::fill(Activity& activity) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const MutableBytes room(reinterpret_cast<uint8_t*>(buffer_.data()) + end_, buffer_.size() - end_);
  VDE_TRY_ASSIGN(count, read_input(descriptor_, room, activity));
  is_at_end_ = count == 0;
  end_ += count;
  activity.done += count;
  return {};
}

Result<bool> LineReader::next(std::string_view& line, Activity& activity) {
  size_t searched = 0;
  while (true) {
    const std::string_view left(buffer_.data() + begin_, end_ - begin_);
    const size_t feed = left.find('\n', searched);
    if (feed != std::string_view::npos || (is_at_end_ && !left.empty())) {
      line = left.substr(0, feed);
      begin_ += std::min(line.size() + 1, left.size());
      if (++number_ == 1 && line.starts_with(kByteOrderMark))
        line.remove_prefix(kByteOrderMark.size());
      if (line.ends_with('\r')) line.remove_suffix(1);
      return true;
    }
    if (is_at_end_) return false;
    if (left.size() > longest_)
      return fail(ErrorCode::kMalformed,
                  fmt::format("line {} is longer than {} bytes", number_ + 1, longest_));
    searched = left.size();
    VDE_TRY(fill(activity));
  }
}

}  // namespace vde::cli
