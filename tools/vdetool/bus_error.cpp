#include "bus_error.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "context.h"
#include "progress.h"

namespace vde::cli {
namespace {

// Formatted in advance, because a signal handler must not allocate.
std::string g_bus_error_line;

extern "C" void on_bus_error(int /*signal*/) {
  write_at_once(g_bus_error_line);
  _exit(kOperational);
}

}  // namespace

void report_bus_errors(const Context& context, const std::string& image) {
  const std::string_view subject = image.empty() ? "an image" : "the file";
  g_bus_error_line = context.error_line(
      image, Error{ErrorCode::kIo,
                   fmt::format("{} was truncated meanwhile, or cannot be read", subject),
                   "run 'vdetool verify IMAGE' while no other program writes to it",
                   {}});
  struct sigaction action {};
  action.sa_handler = on_bus_error;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace vde::cli
