#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <system_error>

#include "vde/text.h"

namespace vde::cli {
namespace {

Activity* g_activity = nullptr;
// For the signal handler: a name that is always terminated, and a literal or null.
std::array<char, 200> g_work{};
size_t g_command_size = 0;  // of the name, before the file
std::atomic<const char*> g_wait{nullptr};
std::atomic<int64_t> g_started{0};  // milliseconds of the monotonic clock

// As far as standard error can be written.
void print(const std::string& text) {
  std::fputs(text.c_str(), stderr);
}

// A signal handler may call it.
int64_t milliseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Puts a line together with only what a signal handler may call: no allocation, no stdio.
class StatusLine {
 public:
  explicit StatusLine(const Activity& activity) {
    add(g_work.data());
    add(": ");
    const uint64_t done = activity.done;
    const uint64_t total = activity.total;
    if (done == 0) {
      const char* const wait = g_wait;
      add(wait == nullptr ? "started" : "waiting for ");
      if (wait != nullptr) add(wait);
      return;
    }
    if (total != 0) {
      add_number(std::min<uint64_t>(done * 100 / total, 100));
      add("% (");
    }
    add_number(done >> 20);
    if (total != 0) {
      add(" of ");
      add_number(total >> 20);
    }
    add(" MiB, ");
    add_number((done >> 20) * 1000 / milliseconds());
    add(total != 0 ? " MiB/s)" : " MiB/s");
  }

  [[nodiscard]] std::string_view text() const {
    return {line_.data(), static_cast<size_t>(at_ - line_.data())};
  }

 private:
  [[nodiscard]] static uint64_t milliseconds() {
    return static_cast<uint64_t>(std::max<int64_t>(1, milliseconds_now() - g_started));
  }
  void add(const char* text) { at_ = stpcpy(at_, text); }
  void add_number(uint64_t number) {
    at_ = std::to_chars(at_, line_.data() + line_.size(), number).ptr;
  }

  std::array<char, 400> line_{};
  char* at_ = line_.data();
};

void print_from_handler() {
  const StatusLine status(*g_activity);
  std::array<char, 500> line{};
  char* at = stpcpy(line.data(), "vdetool: ");
  at = std::copy(status.text().begin(), status.text().end(), at);
  *at++ = '\n';
  write_at_once({line.data(), static_cast<size_t>(at - line.data())});
}

extern "C" void on_signal(int signal) {
  const int saved = errno;
  if (signal == SIGUSR1)
    print_from_handler();
  else
    g_activity->stop = true;
  errno = saved;
}

}  // namespace

void write_at_once(std::string_view text) {
  const ssize_t ignored = write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(ignored);
}

void install_signal_handlers(Activity& activity) {
  g_activity = &activity;
  g_started = milliseconds_now();
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  // A terminal that goes away must not leave unfinished files, unless under nohup. Whoever started
  // us with a signal ignored wants us to survive it.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    struct sigaction inherited {};
    sigaction(signal, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  // Whoever started us may ignore SIGPIPE; `| head` should end us quietly all the same.
  std::signal(SIGPIPE, SIG_DFL);
  // A file that may not grow is an error like a full disk, with the same tidying up.
  std::signal(SIGXFSZ, SIG_IGN);
}

void name_command(std::string_view command) {
  g_command_size = command.size();
  g_work[command.copy(g_work.data(), g_work.size() - 1)] = '\0';
}

void name_file(const std::string& file) {
  const std::string text = " " + escape(file);
  const size_t room = g_work.size() - 1 - g_command_size;
  g_work[g_command_size + text.copy(g_work.data() + g_command_size, room)] = '\0';
}

void name_wait(const char* wait) {
  g_wait = wait;
}

ProgressLine::ProgressLine(const Activity& activity, bool enabled) : activity_(activity) {
  if (!enabled) return;
  try {
    thread_ = std::thread([this] { print_until_finished(); });
  } catch (const std::system_error&) {
    // The work goes on without the line.
  }
}

ProgressLine::~ProgressLine() {
  finished_ = true;
  if (thread_.joinable()) thread_.join();
}

void ProgressLine::print_until_finished() {
  using namespace std::chrono;
  constexpr auto kTick = milliseconds(50);
  constexpr int kTicksBetweenLines = 10;
  size_t width = 0;
  for (int tick = 1; !finished_; ++tick) {
    std::this_thread::sleep_for(kTick);
    if (tick % kTicksBetweenLines != 0) continue;
    const StatusLine status(activity_);
    // Blanks cover what is left of a longer line.
    print(fmt::format("\r{:<{}}", status.text(), width));
    width = status.text().size();
  }
  if (width > 0) print(fmt::format("\r{:<{}}\r", "", width));
}

}  // namespace vde::cli
