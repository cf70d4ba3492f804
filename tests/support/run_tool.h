// Runs the vdetool that was built with the tests, the way a shell runs it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/effort.h"

namespace vde::test {

// The maximum processor time of a command on a small image.
inline constexpr std::chrono::milliseconds kSecond{1000 * kSlowness};

struct ToolCommand {
  std::vector<std::string> arguments;
  // Added to the test's environment, without NO_COLOR and SOURCE_DATE_EPOCH.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string input = {};   // file for standard input; closed if empty
  std::string output = {};  // file for standard output; a pipe if empty
  bool close_output = false;
  // Runs in the child before the program: sets limits, privileges, a folder.
  std::function<void()> in_child = {};
};

struct ToolResult {
  std::string command;  // for messages
  int status = -1;      // -1 if a signal ended it
  int signal = 0;       // that signal; SIGKILL if it hung and was killed
  std::string out;
  std::string err;
  std::chrono::milliseconds processor_time{};  // of all threads

  // `out` as one JSON object, or as one object per line. Throws if it is something else.
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
  [[nodiscard]] std::vector<nlohmann::json> json_lines() const;
  // True if `err` is one line that starts with the program's name.
  [[nodiscard]] bool tells_one_error() const;
};

// For INFO: the command, its status and its output, shortened.
[[nodiscard]] std::string describe(const ToolResult& result);

// A running command. It is killed after a minute, and when this object is destroyed.
class StartedTool {
 public:
  explicit StartedTool(const ToolCommand& command);
  StartedTool(const StartedTool&) = delete;
  StartedTool& operator=(const StartedTool&) = delete;
  ~StartedTool();

  void send(int signal) const;
  // Waits until it has opened the file `path`; false if it ends before that.
  [[nodiscard]] bool wait_until_open(const std::string& path) const;
  // Waits until it blocks because nobody reads its output; false if it ends before that.
  [[nodiscard]] bool wait_until_output_full() const;
  // Closes the reading end of its output, as `head` does.
  void stop_reading();
  // Reads its output until it ends.
  [[nodiscard]] ToolResult finish();

 private:
  [[nodiscard]] bool has_ended() const;

  ToolResult result_;
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

[[nodiscard]] ToolResult run_tool(const ToolCommand& command);
[[nodiscard]] ToolResult run_tool(const std::vector<std::string>& arguments);

// For in_child: changes the user of a child of root to an ordinary one, without access to root's
// files unless their permissions allow it.
void drop_privileges();

}  // namespace vde::test
