// Signals, and the lines about long work on standard error.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>

#include "vde/activity.h"

namespace vde::cli {

// SIGINT, SIGTERM and SIGHUP ask `activity` to stop, SIGUSR1 prints one line about it. A signal
// that is ignored stays ignored. `activity` lives as long as the program.
void install_signal_handlers(Activity& activity);

// Writes `text` to standard error; allocates nothing, so that a signal handler may call it.
void write_at_once(std::string_view text);

// The work in lines of progress, "verify photos.dwvd": the command, then the file that it works on.
// `is_json`: the lines are JSON objects.
void name_command(std::string_view command, bool is_json);
void name_file(const std::string& file);

// Of a command that works on several images at once: how many there are, and how many are done.
// 0: there is one.
void name_images(size_t done, size_t images);

// What the program waits for while no work is done, "input" or "the lock": a literal, or null.
void name_wait(const char* wait);

// While it lives, prints a line about `activity` now and then, each over the one before; as JSON,
// each on its own.
class ProgressLine {
 public:
  ProgressLine(const Activity& activity, bool enabled);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void print_until_finished();

  const Activity& activity_;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace vde::cli
