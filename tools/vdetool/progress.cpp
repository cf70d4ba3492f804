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

#include "context.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

Activity* g_activity = nullptr;
// For the signal handler: texts that are always terminated, and a literal or null.
constexpr size_t kLongestWork = 1000;
std::array<char, 200> g_work{};
std::array<char, kLongestWork> g_work_json{};
std::atomic<bool> g_is_json{false};
size_t g_command_size = 0;  // of the name, before the file
std::atomic<const char*> g_wait{nullptr};
std::atomic<size_t> g_images_done{0};
std::atomic<size_t> g_images{0};
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
  explicit StatusLine(const Activity& activity)
      : done_(activity.done), total_(activity.total), phase_(activity.phase), wait_(g_wait) {
    if (g_is_json) {
      add_object(activity);
    } else {
      add_words();
      add_search(activity);
    }
  }

  [[nodiscard]] std::string_view text() const {
    return {line_.data(), static_cast<size_t>(at_ - line_.data())};
  }

 private:
  void add_words() {
    add(g_work.data());
    add(": ");
    add_images();
    if (phase_ != nullptr) {
      add(phase_);
      add(": ");
    }
    if (done_ == 0) {
      add(wait_ == nullptr ? "started" : "waiting for ");
      if (wait_ != nullptr) add(wait_);
      return;
    }
    if (total_ != 0) {
      add_number(percent());
      add("% (");
    }
    add_number(done_ >> 20);
    if (total_ != 0) {
      add(" of ");
      add_number(total_ >> 20);
    }
    add(" MiB, ");
    add_number((done_ >> 20) * 1000 / milliseconds());
    add(total_ != 0 ? " MiB/s)" : " MiB/s");
  }

  // "3 of 54 images: ".
  void add_images() {
    if (images_ == 0) return;
    add_number(images_done_);
    add(" of ");
    add_number(images_);
    add(" images: ");
  }

  // What may take seconds without reading anything.
  void add_search(const Activity& activity) {
    const uint64_t block = activity.searched_block;
    if (block == Activity::kNoBlock || !has_search(activity)) return;
    add(", searching for the original of block ");
    add_number(block);
    add(" (");
    add_number(search_percent(activity));
    add("% of the search time used)");
  }

  // The members before the numbers are ready in g_work_json.
  void add_object(const Activity& activity) {
    add(g_work_json.data());
    add_member("phase", phase_);
    add_member("waiting_for", wait_);
    add(",\"done\":");
    add_number(done_);
    add(",\"total\":");
    if (total_ == 0) add("null,\"percent\":null");
    if (total_ != 0) {
      add_number(total_);
      add(",\"percent\":");
      add_number(percent());
    }
    add(",\"bytes_per_second\":");
    add_number(done_ / milliseconds() * 1000);
    add_if(",\"images_done\":", images_done_, images_ != 0);
    add_if(",\"images\":", images_, images_ != 0);
    const uint64_t block = activity.searched_block;
    add_if(",\"searched_block\":", block, block != Activity::kNoBlock);
    const bool searches = has_search(activity);
    add_if(",\"search_percent\":", searches ? search_percent(activity) : 0, searches);
    add("}}");
  }
  void add_if(const char* name, uint64_t number, bool is_known) {
    add(name);
    if (is_known)
      add_number(number);
    else
      add("null");
  }

  // `text`, which has nothing to escape, or null.
  void add_member(const char* name, const char* text) {
    add(",\"");
    add(name);
    add(text == nullptr ? "\":null" : "\":\"");
    if (text == nullptr) return;
    add(text);
    add("\"");
  }

  [[nodiscard]] uint64_t percent() const {
    return std::min<uint64_t>(
        static_cast<uint64_t>(static_cast<double>(done_) * 100 / static_cast<double>(total_)), 100);
  }
  // Whether there was a search, of which a share may be used.
  [[nodiscard]] static bool has_search(const Activity& activity) {
    return activity.search_limit >= 100;
  }
  [[nodiscard]] static uint64_t search_percent(const Activity& activity) {
    return std::min<uint64_t>(activity.search_used / (activity.search_limit / 100), 100);
  }
  [[nodiscard]] static uint64_t milliseconds() {
    return static_cast<uint64_t>(std::max<int64_t>(1, milliseconds_now() - g_started));
  }
  void add(const char* text) { at_ = stpcpy(at_, text); }
  void add_number(uint64_t number) {
    at_ = std::to_chars(at_, line_.data() + line_.size(), number).ptr;
  }

  uint64_t done_;
  uint64_t total_;
  const char* phase_;
  const char* wait_;
  size_t images_done_ = g_images_done;
  size_t images_ = g_images;
  std::array<char, kLongestWork + 400> line_{};
  char* at_ = line_.data();
};

void print_from_handler() {
  const StatusLine status(*g_activity);
  std::array<char, kLongestWork + 500> line{};
  char* at = g_is_json ? line.data() : stpcpy(line.data(), "vdetool: ");
  at = std::copy(status.text().begin(), status.text().end(), at);
  *at++ = '\n';
  write_at_once({line.data(), static_cast<size_t>(at - line.data())});
}

// Makes g_work_json of the command in g_work and `file`, which may be empty.
void make_work_json(const std::string& file) {
  Json work{{"command", std::string(g_work.data(), g_command_size)}};
  put_name(work, "image", file);
  std::string text = "{\"progress\":" + one_line(work);
  // The object stays open for the numbers.
  text.pop_back();
  if (text.size() < g_work_json.size())
    g_work_json[text.copy(g_work_json.data(), text.size())] = '\0';
  else if (!file.empty())
    make_work_json({});
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

void name_command(std::string_view command, bool is_json) {
  g_command_size = command.size();
  g_work[command.copy(g_work.data(), g_work.size() - 1)] = '\0';
  g_is_json = is_json;
  if (is_json) make_work_json({});
}

void name_file(const std::string& file) {
  const std::string text = " " + escape(file);
  const size_t room = g_work.size() - 1 - g_command_size;
  g_work[g_command_size + text.copy(g_work.data() + g_command_size, room)] = '\0';
  if (g_is_json) make_work_json(file);
}

void name_images(size_t done, size_t images) {
  g_images_done = done;
  g_images = images;
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
    if (g_is_json) {
      print(fmt::format("{}\n", status.text()));
      continue;
    }
    // Blanks cover what is left of a longer line.
    print(fmt::format("\r{:<{}}", status.text(), width));
    width = status.text().size();
  }
  if (width > 0) print(fmt::format("\r{:<{}}\r", "", width));
}

}  // namespace vde::cli
