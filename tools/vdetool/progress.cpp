#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace vde::cli {
namespace {

Activity* g_activity = nullptr;

// As far as standard error can be written.
void print(const std::string& text) {
  std::fputs(text.c_str(), stderr);
}

// Only what a signal handler may call: no allocation, no stdio.
void print_from_handler() {
  std::array<char, 128> line{};
  char* at = line.data();
  const auto add = [&](const char* text) { at = stpcpy(at, text); };
  const auto add_number = [&](uint64_t number) {
    at = std::to_chars(at, line.data() + line.size(), number).ptr;
  };
  add("vdetool: ");
  add_number(g_activity->done);
  add(" bytes done");
  if (const uint64_t total = g_activity->total; total != 0) {
    add(" of at most ");
    add_number(total);
  }
  add("\n");
  const ssize_t ignored = write(STDERR_FILENO, line.data(), static_cast<size_t>(at - line.data()));
  static_cast<void>(ignored);
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

void install_signal_handlers(Activity& activity) {
  g_activity = &activity;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
  // A terminal that goes away is no reason to leave unfinished files, unless under nohup.
  struct sigaction inherited {};
  sigaction(SIGHUP, nullptr, &inherited);
  if (inherited.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  // Whoever started us may ignore SIGPIPE; `| head` should end us quietly all the same.
  std::signal(SIGPIPE, SIG_DFL);
  // A file that may not grow is an error like a full disk, with the same tidying up.
  std::signal(SIGXFSZ, SIG_IGN);
}

ProgressLine::ProgressLine(const Activity& activity, bool enabled) : activity_(activity) {
  if (enabled) thread_ = std::thread([this] { print_until_finished(); });
}

ProgressLine::~ProgressLine() {
  finished_ = true;
  if (thread_.joinable()) thread_.join();
}

void ProgressLine::print_until_finished() {
  using namespace std::chrono;
  constexpr auto kTick = milliseconds(50);
  constexpr int kTicksBetweenLines = 10;
  bool printed = false;
  for (int tick = 1; !finished_; ++tick) {
    std::this_thread::sleep_for(kTick);
    if (tick % kTicksBetweenLines != 0) continue;
    print(fmt::format("\r{} MiB of at most {} MiB ", activity_.done >> 20, activity_.total >> 20));
    printed = true;
  }
  if (printed) print(fmt::format("\r{:<60}\r", ""));
}

}  // namespace vde::cli
