// Signals, and what long work says of itself on standard error.
#pragma once

#include <atomic>
#include <thread>

#include "vde/activity.h"

namespace vde::cli {

// SIGINT, SIGTERM and SIGHUP ask `activity` to stop, SIGUSR1 prints one line about it. `activity`
// lives as long as the program.
void install_signal_handlers(Activity& activity);

// While it lives, prints a line about `activity` now and then, over itself.
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
