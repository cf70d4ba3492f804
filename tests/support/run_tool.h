// Runs the vdetool that was built with the tests, as a shell would.
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

// The most processor time that a command on a small image may take.
inline constexpr std::chrono::milliseconds kSecond{1000 * kSlowness};

struct ToolCommand {
  std::vector<std::string> arguments;
  // Added to the environment of the test, of which NO_COLOR and SOURCE_DATE_EPOCH are left out.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string input = {};   // a file as standard input; closed where empty
  std::string output = {};  // a file as standard output; a pipe that is read where empty
  bool close_output = false;
  // Runs in the child before the program: limits, privileges, a folder.
  std::function<void()> in_child = {};
};

struct ToolResult {
  std::string command;  // for messages
  int status = -1;      // -1 where a signal ended it
  int signal = 0;       // that signal; SIGKILL where it hung and was put down
  std::string out;
  std::string err;
  std::chrono::milliseconds processor_time{};  // of all threads

  // `out` as one JSON object, and as an object a line. Throws where it is something else.
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
  [[nodiscard]] std::vector<nlohmann::json> json_lines() const;
  // `err` is one line that begins with the program's name.
  [[nodiscard]] bool tells_one_error() const;
};

// For INFO: the command, its status and what it printed, shortened.
[[nodiscard]] std::string describe(const ToolResult& result);

// A command that runs. It is killed where it goes on for a minute, and with the object.
class StartedTool {
 public:
  explicit StartedTool(const ToolCommand& command);
  StartedTool(const StartedTool&) = delete;
  StartedTool& operator=(const StartedTool&) = delete;
  ~StartedTool();

  void send(int signal) const;
  // Waits until it has a file named `path` open; false where it ends before that.
  [[nodiscard]] bool wait_until_open(const std::string& path) const;
  // Waits until it sleeps because nobody reads the pipe of its output; false where it ends.
  [[nodiscard]] bool wait_until_output_full() const;
  // Closes the reading end of its output, as `head` does.
  void stop_reading();
  // Reads what it prints until it ends.
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

// For in_child: makes a child of root an ordinary user's. Files of root are then out of reach
// unless their permissions say otherwise.
void drop_privileges();

}  // namespace vde::test
