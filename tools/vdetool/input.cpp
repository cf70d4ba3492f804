#include "input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace vde::cli {
namespace {

// How long a signal that comes just before the wait may go unnoticed.
constexpr int kPatience = 200;  // milliseconds

}  // namespace

Result<size_t> read_standard_input(MutableBytes out, const Activity& activity) {
  for (;;) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = poll(&input, 1, kPatience);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = ready < 0 ? -1 : read(STDIN_FILENO, out.data(), out.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR && errno != EAGAIN)
      return fail(ErrorCode::kIo, std::string("cannot read the input: ") + std::strerror(errno));
  }
}

}  // namespace vde::cli
