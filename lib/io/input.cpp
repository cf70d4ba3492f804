#include "vde/input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_descriptor.h"

namespace vde {
namespace {

// How long a signal that arrives just before the wait may go unnoticed.
constexpr int kInputPatience = 200;  // milliseconds

}  // namespace

Result<size_t> read_input(int descriptor, MutableBytes out, const Activity& activity) {
  for (;;) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    pollfd input{descriptor, POLLIN, 0};
    const int ready = poll(&input, 1, kInputPatience);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = ready < 0 ? -1 : read(descriptor, out.data(), out.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR && errno != EAGAIN) return system_failure("cannot read the input");
  }
}

}  // namespace vde
